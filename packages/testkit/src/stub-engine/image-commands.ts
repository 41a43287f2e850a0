import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type Call, forEachName } from './call.ts'
import { hasLabel, needForce, parseFlags } from './flags.ts'
import { neededImage, pruneImages, pullImage, removeImage, setTag } from './images.ts'
import { imageRows } from './inspect.ts'
import { fullReference, registryOf } from './references.ts'
import { CallFailed, NotImitated } from './store.ts'
import { render } from './template.ts'

export function imagesCommand(call: Call, args: readonly string[]): void {
  const flags = parseFlags('images', args, {
    all: '-a --all',
    quiet: '-q --quiet',
    noTrunc: '--no-trunc',
    digests: '--digests',
    filter: '-f --filter =',
    format: '--format =',
  })
  const images = Object.values(call.store.read().images)
    .filter(image =>
      flags.values('filter').every(filter => {
        if (filter === 'dangling=true' || filter === 'dangling=false') {
          return (image.tags.length === 0) === filter.endsWith('true')
        }
        if (!filter.startsWith('label=')) throw new NotImitated(`docker images --filter ${filter}`)
        return hasLabel(image.labels, filter.slice(6))
      }),
    )
    .filter(image => flags.rest.every(name => imageRows(image, true).some(row => row.Repository === name)))
  const rows = images.flatMap(image => imageRows(image, flags.has('noTrunc')))
  const format = flags.value('format')
  if (flags.has('quiet')) for (const { ID } of rows) call.out(ID)
  else if (format === undefined) throw new NotImitated('docker images without --quiet or --format')
  else for (const row of rows) call.out(render(format.replaceAll('\\t', '\t'), row))
}

export function pullCommand(call: Call, args: readonly string[]): void {
  const flags = parseFlags('pull', args, { quiet: '-q --quiet' })
  const [name = ''] = flags.rest
  const login = loginFor(call, name)
  if (!name.includes(':') && !name.includes('@')) call.out('Using default tag: latest')
  const lines = call.store.change(state => pullImage(state, name, login))
  for (const line of flags.has('quiet') ? lines.slice(-1) : lines) call.out(line)
}

/** `user:password` for the registry of an image, from the client's configuration. */
export function loginFor(call: Call, name: string): string | undefined {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name)) return undefined
  const auth = readConfig(call).auths?.[registryOf(fullReference(name))]?.auth
  return auth === undefined ? undefined : Buffer.from(auth, 'base64').toString()
}

interface ClientConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>
  readonly currentContext?: string
}

export function readConfig(call: Call): ClientConfig {
  try {
    return JSON.parse(readFileSync(`${call.configFolder}/config.json`, 'utf8'))
  } catch {
    return {}
  }
}

export function loginCommand(call: Call, args: readonly string[]): void {
  const flags = parseFlags('login', args, { user: '-u --username =', stdin: '--password-stdin' })
  const user = flags.value('user')
  if (user === undefined || !flags.has('stdin'))
    throw new NotImitated('docker login without --username and --password-stdin')
  const [given] = flags.rest
  const host = given ?? 'docker.io'
  const password = readFileSync(0, 'utf8').replace(/\r?\n$/, '')
  const wanted = call.store.read().logins[host]
  if (wanted !== undefined && (wanted.user !== user || wanted.password !== password)) {
    const url = host === 'docker.io' ? 'https://registry-1.docker.io/v2/' : `https://${host}/v2/`
    throw new CallFailed(`Error response from daemon: login attempt to ${url} failed with status: 401 Unauthorized`)
  }
  const config = readConfig(call)
  const auths = { ...config.auths, [host]: { auth: Buffer.from(`${user}:${password}`).toString('base64') } }
  mkdirSync(call.configFolder, { recursive: true })
  writeFileSync(`${call.configFolder}/config.json`, JSON.stringify({ ...config, auths }), { mode: 0o600 })
  call.out('Login Succeeded')
}

export function tagCommand(call: Call, args: readonly string[]): void {
  const [source, target, ...more] = parseFlags('tag', args, {}).rest
  if (source === undefined || target === undefined || more.length > 0) throw new NotImitated('this use of docker tag')
  call.store.change(state => setTag(state, neededImage(state, source).id, fullReference(target)))
}

export function rmiCommand(call: Call, args: readonly string[]): void {
  const flags = parseFlags('rmi', args, { force: '-f --force' })
  forEachName(call, flags.rest, name => {
    for (const line of call.store.change(state => removeImage(state, name, flags.has('force')))) call.out(line)
  })
}

export function imagePrune(call: Call, args: readonly string[]): void {
  const flags = parseFlags('image prune', args, { all: '-a --all', force: '-f --force' })
  needForce('image prune', flags)
  for (const line of call.store.change(state => pruneImages(state, flags.has('all')))) call.out(line)
  call.out('Total reclaimed space: 0B')
}
