import type { InputReader } from '../runner/inputs.ts'
import { type PrivateKey, readPrivateKey } from '../values/private-key.ts'
import type { Secret } from '../values/secret.ts'

export interface KeyInput {
  /** Also where it cannot be read, which is noted as a problem. */
  readonly isGiven: boolean
  readonly key: PrivateKey | undefined
  /** The key and its passphrase as they were given. */
  readonly secrets: readonly Secret[]
}

/** Reads a private key and its passphrase from the inputs of these names. */
export function readKeyInput(read: InputReader, name: string, passphraseName: string): KeyInput {
  const text = read.secret(name)
  const passphrase = read.secret(passphraseName)
  const secrets = [text, passphrase].filter(secret => secret !== undefined)
  if (text === undefined) return { isGiven: false, key: undefined, secrets }
  const reading = readPrivateKey(text.reveal(), passphrase)
  if (!reading.ok) read.problem(name, `${reading.problem.message}; ${reading.problem.cure}`)
  return { isGiven: true, key: reading.ok ? reading.key : undefined, secrets }
}
