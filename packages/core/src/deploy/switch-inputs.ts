import { secretValues } from '../compose/env-secrets.ts'
import { printableUrl } from '../http/printable-url.ts'
import type { InputReader } from '../runner/inputs.ts'
import { InvalidValue } from '../values/invalid-value.ts'
import { Secret } from '../values/secret.ts'
import type { HealthUrl, RegistryLogin } from './options.ts'

/** Reads `registry registry-username registry-password registries`. */
export function readRegistries(read: InputReader): RegistryLogin[] {
  const logins = read.lines('registries').flatMap((line, index) => {
    const [registry, username, password, ...rest] = line.split(/\s+/)
    if (registry === undefined || username === undefined || password === undefined || rest.length > 0) {
      read.problem('registries', `has in line ${index + 1} not the three words: registry username password`)
      return []
    }
    return [{ registry, username, password: new Secret(password) }]
  })
  const username = read.text('registry-username')
  const password = read.secret('registry-password')
  const registry = read
    .text('registry')
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '')
  if (username !== '' && password !== undefined) return [...logins, { registry, username, password }]
  if (username !== '') read.problem('registry-password', 'is missing, while `registry-username` is set')
  else if (password !== undefined) read.problem('registry-username', 'is missing, while `registry-password` is set')
  else if (registry !== '')
    read.problem('registry-username', 'and `registry-password` are missing, while `registry` is set')
  return logins
}

/** Reads `health-url health-from health-attempts health-interval`. */
export function readHealthUrl(read: InputReader): HealthUrl | undefined {
  const health = {
    from: read.choice('health-from', ['server', 'runner'] as const),
    attempts: read.integer('health-attempts', { min: 1, max: 1_000 }),
    interval: read.duration('health-interval'),
  }
  const text = read.text('health-url')
  if (text === '') return undefined
  return read.check('health-url', () => {
    const url = URL.parse(text)
    if (url === null || !/^https?:$/.test(url.protocol)) {
      // What has a login or a query is not quoted.
      const quoted = /[@?#]/.test(text) ? 'is not a URL' : `is "${text}"`
      throw new InvalidValue(`${quoted}; write a whole URL such as http://localhost:8080/health`)
    }
    return { url, name: printableUrl(url), ...health }
  })
}

/** A login and what the query says, such as a token; in the form of the URL and in that of its text. */
export function secretsInUrl(url: URL | undefined): string[] {
  if (url === undefined) return []
  const pairs = url.search.slice(1).split('&')
  const entries: [string, string][] = [
    ['password', url.password],
    ['user', url.username],
    ...pairs.map((pair): [string, string] => [pair.split('=')[0] ?? '', pair.slice(pair.indexOf('=') + 1)]),
  ]
  const forms = entries.flatMap(([name, text]): [string, string][] => [
    [name, text],
    [name, decoded(text)],
  ])
  return secretValues(forms, () => false)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
