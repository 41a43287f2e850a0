import { canBeSecretName } from '../values/secret-name.ts'
import type { EnvEntries } from './dotenv.ts'

/** Names of what is said about a secret. */
const NAME_OF_SETTING =
  /(ttl|timeout|age|expir\w*|length|size|enabled|port|minutes|seconds|hours|days|rounds|limit|name|path|file|dir|host|driver|secure|domain|issuer|algorithm)$/i
const SHORTEST_OF_NAMED = 4
/** A mask for a shorter text would blacken half of the log. */
const SHORTEST = 8

/** Texts that everybody may see: a mask would hide them in every log, and the runner drops each output that contains them. */
const PLAIN = [
  // One word or two, such as `production` or `Europe/Berlin`.
  /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)(?:[-_ ./](?:[a-z]+|[A-Z]+|[A-Z][a-z]+))?$/,
  // A number, a duration, a size, a date, an IP address.
  /^[\d.,:+-]+(?:ms|[smhd]|[KMGTkmgt]i?[Bb]?)?$/,
  // A version.
  /^v?\d+(?:\.\d+){1,3}(?:[-+][0-9A-Za-z.-]{1,20})?$/,
  // A host, an image, or a URL without a login and a query.
  /^(?:https?:\/\/)?(?:[a-z0-9-]{1,24}\.)*[a-z0-9-]{1,24}(?::\d+)?(?:\/[a-z0-9._-]{1,24})*\/?$/,
  // An image with a tag.
  /^(?:[a-z0-9.-]{1,40}(?::\d+)?\/)?[a-z0-9._/-]{1,60}:v?[a-z0-9.-]{1,20}$/,
  // An absolute path.
  /^(?:\/[A-Za-z_.-]{1,24})+\/?$/,
]

/**
 * The values of `.env` that are hidden in every output: all that are long enough, but for plain words, numbers, versions, hosts and
 * paths. `isPublic` knows what the run shows anyway, such as the commit.
 */
export function secretValues(entries: EnvEntries, isPublic: (value: string) => boolean): string[] {
  const isSecret = (name: string, value: string): boolean => {
    if (isPublic(value)) return false
    if (canBeSecretName(name) && !(NAME_OF_SETTING.test(name) && isPlain(value)))
      return value.length >= SHORTEST_OF_NAMED
    if (/\n/.test(value)) return true
    return value.trim().length >= SHORTEST && !isPlain(value)
  }
  return [...new Set(entries.filter(([name, value]) => isSecret(name, value)).map(([, value]) => value))]
}

/** As compute-tags and docker/metadata-action name a commit, and the digest of an image. */
const TAG_OF_COMMIT = /(?<=^|:)sha-[0-9a-f]{7,40}$/
const DIGEST = /@sha256:[0-9a-f]{64}$/

/** Letters and digits mixed in one long word are no host: they are a token. */
function isPlain(value: string): boolean {
  const text = value.replace(DIGEST, '').replace(TAG_OF_COMMIT, 'commit')
  return PLAIN.some(pattern => pattern.test(text)) && !/[a-z]\d+[a-z]+\d/i.test(text)
}

/**
 * What may be a value in the text of a `.env` file, by name: for hiding, where too much does less harm than too little. Compose alone
 * knows how it reads the file.
 */
export function valuesInDotenv(text: string): [string, string][] {
  const values: [string, string][] = []
  let name = ''
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, found, rest = line] = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*[=:](.*)$/.exec(line) ?? []
    // Another line of a value of several ones.
    if (found !== undefined) name = found
    const bare = rest.trim()
    const [, , inner] = /^(["'])(.*?)\1?\s*(?:#.*)?$/.exec(bare) ?? []
    const forms = [bare, inner ?? '', bare.replace(/\s+#.*$/, ''), bare.replace(/["']$/, '')]
    for (const form of forms) if (form !== '') values.push([name, form])
  }
  return values
}
