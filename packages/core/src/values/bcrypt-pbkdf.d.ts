/** The part of bcrypt-pbkdf that we call; it brings no types of its own. */
declare module 'bcrypt-pbkdf' {
  /** Fills `key`; returns -1 for arguments that it does not take. */
  export function pbkdf(
    pass: Uint8Array,
    passLength: number,
    salt: Uint8Array,
    saltLength: number,
    key: Uint8Array,
    keyLength: number,
    rounds: number,
  ): number
}
