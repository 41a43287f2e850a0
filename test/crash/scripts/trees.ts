/** What a release ships under one path. */
export type Shipped = { readonly text: string; readonly mode?: number } | { readonly link: string }
export type ReleaseTree = Readonly<Record<string, Shipped>>

const file = (text: string, mode = 0o644): Shipped => ({ text: `${text}\n`, mode })
const link = (to: string): Shipped => ({ link: to })

/** The services of a compose file, each with its image. */
const compose = (services: Readonly<Record<string, string>>): Shipped =>
  file(
    [
      'services:',
      ...Object.entries(services).flatMap(([name, image]) => [
        `  ${name}:`,
        `    image: ${image}`,
        ...(name === 'web'
          ? ['    environment:', `      COLOR: \${COLOR:-none}`, '    volumes: ["./conf:/conf:ro"]']
          : []),
      ]),
    ].join('\n'),
  )

/** A worker leaves with the new release, an api comes, the web service changes, the database is an accessory that stays. */
export const OLD_SERVICES = { web: 'app:1', worker: 'worker:1', db: 'db:1' }
export const NEW_SERVICES = { web: 'app:2', api: 'api:1', db: 'db:1' }

/** Every way in which the paths of two releases can differ. */
export const OLD_TREE: ReleaseTree = {
  'compose.yaml': compose(OLD_SERVICES),
  'same.txt': file('the same in both'),
  'conf/app.conf': file('old'),
  'removed.txt': file('only in the old release'),
  'removed/a.txt': file('a directory that leaves'),
  'removed/below/b.txt': file('and one below it'),
  'mixed/ours.txt': file('leaves, but its directory holds a file that is not ours'),
  'bin/was-executable.sh': file('echo', 0o755),
  'bin/becomes-executable.sh': file('echo'),
  'private.key': file('secret', 0o600),
  link: link('same.txt'),
  'link-to-directory': link('conf'),
  'kind/file-link': file('a file in the old release'),
  'kind/link-file': link('../same.txt'),
  'kind/file-directory': file('a file in the old release'),
  'kind/directory-file/x.txt': file('a directory in the old release'),
  'kind/link-directory': link('../conf'),
  'kind/directory-link/x.txt': file('a directory in the old release'),
  "odd/it's [a] $name *": file('old'),
  'odd/-r f': file('only in the old release'),
}

export const NEW_TREE: ReleaseTree = {
  'compose.yaml': compose(NEW_SERVICES),
  'same.txt': file('the same in both'),
  'conf/app.conf': file('new'),
  'added.txt': file('only in the new release'),
  'added/a.txt': file('a directory that comes'),
  'added/below/b.txt': file('and one below it'),
  'conf/deeper/c.txt': file('a new directory in one that is there'),
  'bin/was-executable.sh': file('echo'),
  'bin/becomes-executable.sh': file('echo', 0o755),
  'private.key': file('another secret', 0o600),
  link: link('added.txt'),
  'link-to-directory': link('added'),
  'kind/file-link': link('../same.txt'),
  'kind/link-file': file('a file in the new release'),
  'kind/file-directory/x.txt': file('a directory in the new release'),
  'kind/directory-file': file('a file in the new release'),
  'kind/link-directory/x.txt': file('a directory in the new release'),
  'kind/directory-link': link('../conf'),
  "odd/it's [a] $name *": file('new'),
  'odd/  spaces ': file('only in the new release'),
}

/** What lies in the project directory and belongs to no release: it is there before and after, whatever happens. */
export const TEAMS_OWN: ReleaseTree = {
  'data/records.db': file('data of the users', 0o600),
  'conf/local.conf': file('written by the team beside a file of ours'),
  'mixed/theirs.txt': file('in a directory whose other file leaves'),
}

/** For a script whose files are not the point. */
export const SMALL_OLD: ReleaseTree = { 'compose.yaml': compose({ web: 'app:1' }), 'conf/app.conf': file('old') }
export const SMALL_NEW: ReleaseTree = {
  'compose.yaml': compose({ web: 'app:2' }),
  'conf/app.conf': file('new'),
  'added.txt': file('new'),
}
export const SMALL_OLD_SERVICES = { web: 'app:1' }
export const SMALL_NEW_SERVICES = { web: 'app:2' }
