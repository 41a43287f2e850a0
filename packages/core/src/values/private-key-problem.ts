import type { KeyTextProblem } from './key-text.ts'
import type { SshPublicKey } from './ssh-public-key.ts'

export type PrivateKeyProblemCode =
  | KeyTextProblem
  | 'unsupported-encryption'
  | 'passphrase-missing'
  | 'passphrase-wrong'

export interface PrivateKeyProblem {
  readonly code: PrivateKeyProblemCode
  /** Reads on after the name of the input or secret. Never quotes the key. */
  readonly message: string
  /** What the reader has to do. */
  readonly cure: string
  /** Known even without the passphrase where the file holds the public half in clear. */
  readonly publicKey?: SshPublicKey
}

const PASTE =
  'paste the private key file as it is, from the line with BEGIN to the line with END (gh secret set NAME < ~/.ssh/id_ed25519 does it)'

const TEXTS: Readonly<Record<PrivateKeyProblemCode, readonly [message: string, cure: string]>> = {
  empty: [
    'is empty',
    'set the secret; check its name, and that this job sees it (its environment is named, and it does not run for a fork or for Dependabot)',
  ],
  'escaped-newlines': [
    'is a private key whose line breaks are written as the two letters \\n',
    `${PASTE}, not its JSON or .env form`,
  ],
  quoted: ['has quotes around it', `leave the quotes out: ${PASTE}`],
  'public-key': [
    'is the public half of a key; that half belongs into authorized_keys on the server',
    'paste the private half: the file without .pub at the end of its name',
  ],
  certificate: ['is a certificate, not a private key', 'paste the private key that the certificate was made for'],
  'known-hosts': [
    'is a line of known_hosts, the public key of a server',
    'give that line as `known-hosts`, and here the private key of the user',
  ],
  fingerprint: [
    'is the fingerprint of a key, not the key',
    'give the fingerprint of the server as `fingerprint`, and here the private key of the user',
  ],
  'file-path': ['is the path of a file', `give the content of that file: ${PASTE}`],
  putty: [
    "is a key in PuTTY's own format (.ppk)",
    'convert it: puttygen key.ppk -O private-openssh -o key (in PuTTYgen: Conversions, Export OpenSSH key), and paste the result',
  ],
  base64: ['is a private key that was encoded with base64 as a whole', `decode it first (base64 -d), or ${PASTE}`],
  'not-a-key': ['is not a private key: it has no line with BEGIN … PRIVATE KEY is in it', PASTE],
  'text-before': ['has other text in front of -----BEGIN on the same line', `leave that text out: ${PASTE}`],
  'bad-dashes': [
    'has a BEGIN line that is not whole: it needs exactly five plain dashes at either end',
    `${PASTE}; do not take it through a word processor or a chat`,
  ],
  pgp: [
    'is a key of PGP (GnuPG), not an SSH key',
    `paste an SSH key; to make one: ssh-keygen -t ed25519 -f deploy_key -N ""`,
  ],
  'other-program': [
    'is the key of another program, not an SSH key',
    `paste an SSH key; to make one: ssh-keygen -t ed25519 -f deploy_key -N ""`,
  ],
  'no-begin-line': ['is a private key without its first line, the one with BEGIN', PASTE],
  'joined-lines': [
    'is a private key whose line breaks were lost: its lines are joined into one',
    `${PASTE}; in a shell, quote the variable: "$KEY"`,
  ],
  indented: [
    'is a private key whose lines begin with spaces',
    `remove the spaces at the beginning of each line: ${PASTE}`,
  ],
  cut: ['is a private key that was cut: its end is missing', `${PASTE}; the last line has END in it`],
  damaged: [
    'is a private key that was damaged: its content does not fit together',
    `${PASTE}; if it still fails, ssh-keygen -y -f FILE shows whether the file itself is whole`,
  ],
  'several-keys': ['holds more than one private key', 'give the one key that this server knows'],
  unsupported: [
    'is a private key of a kind that cannot be used here',
    'make a new one: ssh-keygen -t ed25519 -f deploy_key -N "", and add deploy_key.pub to authorized_keys on the server',
  ],
  'unsupported-encryption': [
    'is encrypted in a way that cannot be opened here',
    'encrypt a copy of it anew and paste that: ssh-keygen -p -Z aes256-ctr -f COPY',
  ],
  'passphrase-missing': [
    'is encrypted, and no passphrase is given',
    'give the passphrase as `key-passphrase`, or remove it from a copy of the key: ssh-keygen -p -N "" -f COPY',
  ],
  'passphrase-wrong': [
    'is encrypted, and the passphrase does not open it',
    'check `key-passphrase`: is it the one of this key, without quotes or spaces around it?',
  ],
}

export function describeKeyProblem(
  code: PrivateKeyProblemCode,
  detail?: string,
): { readonly message: string; readonly cure: string } {
  const [message, cure] = TEXTS[code]
  return { message: detail === undefined ? message : `${message} (${detail})`, cure }
}
