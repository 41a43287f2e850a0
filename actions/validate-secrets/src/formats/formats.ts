import type { TypeName } from '../rules/vocabulary.ts'
import { checkDatabaseUrl } from './database-url.ts'
import { checkDockerImage } from './docker-image.ts'
import { checkDotenv } from './dotenv.ts'
import { checkBase64, checkBase64Url, checkHex } from './encoded.ts'
import { type FormatCheck, GOOD } from './format.ts'
import { checkEmail, checkHost } from './host.ts'
import { checkJson } from './json.ts'
import { checkJwt } from './jwt.ts'
import { checkBoolean, checkInteger, checkPort, checkSemver, checkUuid } from './scalars.ts'
import { checkSshHost } from './ssh-host.ts'
import { checkUrl } from './url.ts'

/** The keys `enum` and `pattern` say it all, for every type. */
const byKeys: FormatCheck = () => GOOD

/** Those that read keys load their part of the bundle only when a rule asks for it. */
export const FORMATS: { readonly [Type in TypeName]: FormatCheck } = {
  text: byKeys,
  enum: byKeys,
  pattern: byKeys,
  base64: (...args) => checkDecoded(...args),
  base64url: checkBase64Url,
  hex: checkHex,
  uuid: checkUuid,
  integer: checkInteger,
  port: checkPort,
  boolean: checkBoolean,
  url: checkUrl,
  host: checkHost,
  'ssh-host': checkSshHost,
  email: checkEmail,
  semver: checkSemver,
  json: checkJson,
  dotenv: checkDotenv,
  jwt: checkJwt,
  'docker-image': checkDockerImage,
  'database-url': checkDatabaseUrl,
  certificate: async (...args) => (await import('./certificate.ts')).checkCertificate(...args),
  'private-key': async (...args) => (await import('./private-key.ts')).checkPrivateKey(...args),
  'ssh-private-key': async (...args) => (await import('./ssh-private-key.ts')).checkSshPrivateKey(...args),
  'ssh-public-key': async (...args) => (await import('./ssh-public-key.ts')).checkSshPublicKey(...args),
  'known-hosts': async (...args) => (await import('./known-hosts.ts')).checkKnownHosts(...args),
}

/** Base64, and the decoded text by the type that the rule gives it. */
const checkDecoded: FormatCheck = async (value, options, facts) => {
  const flaws = await checkBase64(value, options, facts)
  const type = options['decoded-type']
  if (flaws.length > 0 || type === undefined) return flaws
  const text = Buffer.from(value.slice(options.prefix?.length ?? 0), 'base64').toString('utf8')
  const inner = await FORMATS[type](isOneLine(type) ? text.trim() : text, options, facts)
  return inner.map(found => ({ ...found, text: `is base64 of a text that ${found.text}` }))
}

/** Types whose values are one line, so that white space at an end is a mistake. */
const SEVERAL_LINES = new Set<TypeName>([
  'text',
  'json',
  'dotenv',
  'ssh-host',
  'certificate',
  'private-key',
  'ssh-private-key',
  'known-hosts',
])

export function isOneLine(type: TypeName): boolean {
  return !SEVERAL_LINES.has(type)
}
