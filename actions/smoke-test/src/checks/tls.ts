import type { TlsFiles } from '../check.ts'
import { key, mapOf, type Values } from './reader.ts'
import { flag, oneOf, text } from './scalars.ts'

const path = text('write the path of a file in the workspace')

export const TLS_KEYS = {
  'insecure-skip-verify': key(flag, '`true`: take any certificate; what `expect` says of it is still checked'),
  'ca-file': key(path, 'a file with certificates of authorities (PEM) to trust besides the known ones'),
  'cert-file': key(path, 'a file with a certificate to show (PEM)'),
  'key-file': key(path, 'the file with its private key (PEM)'),
  'server-name': key(text('write a host name'), 'the name to ask for and to find in the certificate'),
  'min-version': key(oneOf(['1.0', '1.1', '1.2', '1.3']), 'the lowest version to speak: `1.2` or `1.3`'),
} as const

export const TLS_HINTS = {
  insecure: 'write `insecure-skip-verify`',
  verify: 'write `insecure-skip-verify: true` for none',
  'skip-verify': 'write `insecure-skip-verify`',
  'reject-unauthorized': 'write `insecure-skip-verify: true` for none',
  ca: 'write `ca-file`',
  cert: 'write `cert-file`',
  key: 'write `key-file`',
  servername: 'write `server-name`',
  sni: 'write `server-name`',
} as const

export const TLS = mapOf(TLS_KEYS, { hints: TLS_HINTS })

export function tlsFiles(values: Values<typeof TLS_KEYS> = {}): TlsFiles {
  const version = values['min-version']
  const name = values['server-name']
  const [ca, cert, keyFile] = [values['ca-file'], values['cert-file'], values['key-file']]
  return {
    ...(values['insecure-skip-verify'] ? { insecure: true } : {}),
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(cert === undefined ? {} : { certFile: cert }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(name === undefined ? {} : { servername: name }),
    ...(version === undefined ? {} : { minVersion: version === '1.0' ? 'TLSv1' : `TLSv${version}` }),
  }
}
