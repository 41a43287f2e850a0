import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { writeTree } from '../scripts/release.ts'
import { NEW_TREE, OLD_TREE, type ReleaseTree } from '../scripts/trees.ts'

/** What a deploy ships: a folder of the workspace, and the value of a variable. */
export interface Version {
  readonly name: string
  readonly tree: ReleaseTree
  readonly color: string
}

/** The database is in every version, so that its volume is never without a container. */
const compose = (services: Readonly<Record<string, string>>): ReleaseTree => ({
  'compose.yaml': {
    text: [
      'services:',
      ...Object.entries({ ...services, db: 'db:1' }).flatMap(([name, image]) => [
        `  ${name}:`,
        `    image: ${image}`,
        ...(name === 'web'
          ? ['    environment:', `      COLOR: \${COLOR:-none}`, '    volumes: ["./conf:/conf:ro"]']
          : []),
      ]),
      '',
    ].join('\n'),
    mode: 0o644,
  },
})

/** Without paths that change their kind: the layers of the scripts have those. */
const plain = (tree: ReleaseTree): ReleaseTree =>
  Object.fromEntries(Object.entries(tree).filter(([name]) => !name.startsWith('kind/')))

export const VERSIONS = {
  v1: { name: 'v1', color: 'red', tree: { 'conf/app.conf': { text: 'first\n' }, ...compose({ web: 'app:1' }) } },
  v2: { name: 'v2', color: 'blue', tree: { ...plain(OLD_TREE), ...compose({ web: 'app:1', job: 'job:1' }) } },
  v3: { name: 'v3', color: 'green', tree: { ...plain(NEW_TREE), ...compose({ web: 'app:2', api: 'api:1' }) } },
  bad: { name: 'bad', color: 'black', tree: { ...plain(NEW_TREE), ...compose({ web: 'app:bad', api: 'api:1' }) } },
  v4: { name: 'v4', color: 'white', tree: { 'conf/app.conf': { text: 'next\n' }, ...compose({ web: 'app:2' }) } },
} as const satisfies Readonly<Record<string, Version>>

/** Each image with the state that its containers reach. */
export const IMAGES = [
  { reference: 'app:1', behaviour: 'healthy' },
  { reference: 'app:2', behaviour: 'healthy' },
  { reference: 'app:bad', behaviour: 'unhealthy' },
  { reference: 'api:1', behaviour: 'running' },
  { reference: 'job:1', behaviour: 'running' },
  { reference: 'db:1', behaviour: 'running', volumes: ['/data'] },
] as const

export const workspaceOf = (folder: string, { name }: Version): string => path.join(folder, name)

/** Writes the workspace of each version below a folder. */
export function writeWorkspaces(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  for (const version of Object.values(VERSIONS)) {
    mkdirSync(workspaceOf(folder, version), { recursive: true })
    writeTree(workspaceOf(folder, version), version.tree)
  }
}
