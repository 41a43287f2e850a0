/** The types of values. The text after each is for the reader of a rule file. */
export const TYPES = {
  text: 'any text',
  base64: 'base64 with its padding, on one line',
  base64url: 'base64 in the URL alphabet (- and _), with or without padding',
  hex: 'hexadecimal digits, an even number of them',
  uuid: 'a UUID in its usual form of 36 characters',
  integer: 'a whole number in decimal digits',
  port: 'a TCP port, 1 to 65535',
  boolean: 'true or false (or yes/no, on/off, 1/0)',
  enum: 'one of the values of `enum`',
  pattern: 'a text that `pattern` describes',
  url: 'an absolute URL; http or https unless `schemes` says otherwise',
  host: 'a host name or an IP address, without scheme and port',
  'ssh-host': 'servers as a deploy names them, [user@]host[:port] or local, one per line',
  email: 'one e-mail address, without a display name',
  semver: 'a semantic version, 1.2.3 or 1.2.3-rc.1',
  json: 'a JSON document without repeated keys',
  dotenv: 'a whole .env file; its names are checked by the rules in `names`',
  jwt: 'a signed JSON Web Token that has not expired',
  'docker-image': 'a reference to an image, with or without registry, tag and digest',
  'database-url': 'a database connection URL',
  certificate: 'one X.509 certificate or a chain, in PEM',
  'private-key': 'a private key in PEM (PKCS#8, PKCS#1 or SEC1)',
  'ssh-private-key': 'a private key as ssh reads it',
  'ssh-public-key': 'a public key in one line, as in authorized_keys',
  'known-hosts': 'lines of a known_hosts file',
} as const

export type TypeName = keyof typeof TYPES
export const TYPE_NAMES = Object.keys(TYPES) as TypeName[]

/** What people call a type elsewhere: only ever a hint. */
export const FOREIGN_TYPE_NAMES: Readonly<Record<string, TypeName>> = {
  string: 'text',
  str: 'text',
  password: 'text',
  token: 'text',
  secret: 'text',
  int: 'integer',
  number: 'integer',
  num: 'integer',
  bool: 'boolean',
  choice: 'enum',
  regex: 'pattern',
  uri: 'url',
  domain: 'host',
  hostname: 'host',
  ip: 'host',
  mail: 'email',
  version: 'semver',
  image: 'docker-image',
  'database-uri': 'database-url',
  dsn: 'url',
  postgres: 'database-url',
  cert: 'certificate',
  pem: 'private-key',
  'rsa-key': 'private-key',
  'ssh-key': 'ssh-private-key',
  'known-host': 'known-hosts',
  env: 'dotenv',
  'env-file': 'dotenv',
  server: 'ssh-host',
  servers: 'ssh-host',
  hosts: 'ssh-host',
}

/** How the value of a key is read from YAML, and the type that it has then. */
export interface Kinds {
  flag: boolean
  count: number
  number: number
  text: string
  texts: readonly string[]
  name: string
  names: readonly string[]
  pattern: string
  size: Size
  severity: 'error' | 'warning'
  type: TypeName
  parts: readonly UrlPart[]
}
export type Kind = keyof Kinds

/** A number of bytes: exactly, or a range. */
export interface Size {
  readonly min: number
  readonly max: number
}

export const URL_PARTS = ['user', 'password', 'host', 'port', 'database', 'path', 'query'] as const
export type UrlPart = (typeof URL_PARTS)[number]

interface Key<K extends Kind> {
  readonly kind: K
  readonly types: 'all' | readonly TypeName[]
  readonly description: string
}

const key = <K extends Kind>(kind: K, types: 'all' | readonly TypeName[], description: string): Key<K> => ({
  kind,
  types,
  description,
})

const SSH_KEYS = ['ssh-private-key', 'ssh-public-key'] as const

/** Every key of a rule but `type`, `required-when` and `environments`, which have a shape of their own. */
export const KEYS = {
  required: key('flag', 'all', 'false: may be missing or empty (default true)'),
  forbidden: key('flag', 'all', 'true: must not be set, as a debug switch in production'),
  description: key('text', 'all', 'what it is, for the report'),
  docs: key('text', 'all', 'a link to how one gets it, for the report'),
  severity: key('severity', 'all', 'warning: tell, but do not fail'),
  'min-length': key('count', 'all', 'characters at least'),
  'max-length': key('count', 'all', 'characters at most'),
  'min-bytes': key('count', 'all', 'bytes at least'),
  'max-bytes': key('count', 'all', 'bytes at most; bcrypt, for example, ignores what is behind 72'),
  pattern: key('pattern', 'all', 'a regular expression (JavaScript, flag u) for the whole value'),
  enum: key('texts', 'all', 'the values that are allowed'),
  'starts-with': key('texts', 'all', 'what it starts with; one of them when there are several'),
  'ends-with': key('texts', 'all', 'what it ends with; one of them when there are several'),
  'min-entropy': key('number', 'all', 'bits for each character at least (Shannon); 3 is a good limit for random text'),
  'not-equal-to': key('names', 'all', 'other names whose values it must differ from'),
  'not-same-database-as': key(
    'names',
    ['database-url'],
    'other names whose URLs must lead to another database: other host, port or database name',
  ),
  'allow-placeholder': key(
    'texts',
    'all',
    'values, or parts of values, that are meant, though they look like placeholders',
  ),
  'allow-weak': key('flag', 'all', 'true: do not look for guessable values'),
  'allow-public': key('flag', 'all', 'true: do not tell that it should be a variable'),
  'decoded-bytes': key('size', ['base64', 'base64url', 'hex'], 'bytes after decoding: a number, or {min, max}'),
  'decoded-type': key('type', ['base64'], 'the type of the decoded text, whose keys can be given as well'),
  'allow-unpadded': key('flag', ['base64'], 'true: the = signs at the end may be missing'),
  prefix: key('text', ['base64', 'base64url', 'hex', 'semver'], 'a text that must stand before the value itself'),
  min: key('number', ['integer', 'port'], 'the smallest number allowed'),
  max: key('number', ['integer', 'port'], 'the largest number allowed'),
  schemes: key('texts', ['url', 'database-url'], 'the schemes that are allowed, as https'),
  hosts: key(
    'texts',
    ['url', 'database-url', 'email', 'ssh-host', 'known-hosts'],
    'hosts: allowed ones, as example.com or *.example.com; for known-hosts, those that need a line',
  ),
  require: key('parts', ['url', 'database-url'], 'parts that must be there'),
  'forbid-local': key('flag', ['url', 'database-url', 'host', 'ssh-host'], 'true: no localhost, loopback or .local'),
  'required-keys': key('texts', ['json'], 'keys that must be there and not empty; a.b for a key within'),
  issuer: key('text', ['jwt'], 'the issuer that the token must name'),
  algorithms: key(
    'texts',
    ['jwt', 'private-key', ...SSH_KEYS],
    'the algorithms that are allowed, as RS256, ssh-ed25519, or for private-key rsa, ec, ed25519',
  ),
  'min-days-left': key('number', ['jwt', 'certificate'], 'days that it must still be valid'),
  registry: key('texts', ['docker-image'], 'the registries that are allowed, as ghcr.io'),
  'require-tag': key('flag', ['docker-image'], 'true: must have a tag or a digest'),
  'require-digest': key('flag', ['docker-image'], 'true: must have a digest'),
  'forbid-latest': key('flag', ['docker-image'], 'true: neither :latest nor no tag at all'),
  host: key('text', ['certificate'], 'a host name that the certificate must be good for'),
  'matches-private-key': key(
    'name',
    ['certificate', 'ssh-public-key'],
    'the name of the private key that it belongs to',
  ),
  'passphrase-from': key('name', ['private-key', 'ssh-private-key'], 'the name of the passphrase'),
  'matches-public-key': key('name', ['private-key', 'ssh-private-key'], 'the name of its public half'),
  encrypted: key('flag', ['private-key', 'ssh-private-key'], 'true: must have a passphrase; false: must have none'),
  fingerprint: key('text', SSH_KEYS, 'the fingerprint that it must have, SHA256:…'),
} as const

export type KeyName = keyof typeof KEYS
export const KEY_NAMES = Object.keys(KEYS) as KeyName[]
export type Options = { readonly [Name in KeyName]?: Kinds[(typeof KEYS)[Name]['kind']] }

/** Names that other tools have for our keys; taken, with a notice. */
export const KEY_ALIASES: Readonly<Record<string, KeyName | 'type'>> = {
  format: 'type',
  choices: 'enum',
  minLength: 'min-length',
  maxLength: 'max-length',
  startsWith: 'starts-with',
  endsWith: 'ends-with',
  regex: 'pattern',
  allowedDomains: 'hosts',
}

/** Whether a key does something for a type; base64 with a `decoded-type` takes the keys of both. */
export function typeTakes(type: TypeName, name: KeyName, decodedType?: TypeName): boolean {
  const types: 'all' | readonly TypeName[] = KEYS[name].types
  return types === 'all' || types.includes(type) || (decodedType !== undefined && types.includes(decodedType))
}
