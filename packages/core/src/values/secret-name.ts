/** Words that name a secret when they stand at the end of a name. */
const LAST_WORD =
  /(^|_)(pass(word|wd|phrase)?|pwd|secret|token|(api|private|access)?key|dsn|creds?|credentials?|salt|cert|auth(orization)?|cookie|webhook)s?(_B64|_BASE64)?$/i

/** The same words anywhere in a name, and further ones that often name a secret. */
const ANYWHERE =
  /pass|pwd|secret|token|key|dsn|cred|private|auth|salt|cert|jwt|session|cookie|sign|connection|webhook|_sk$|(^|_)(otp|pin)($|_)|_ur[il]($|_)/i

/** Whether a name is that of a secret, such as `DB_PASSWORD`, `apiKey` or `x-auth-token`: its last word decides. */
export function isSecretName(name: string): boolean {
  return LAST_WORD.test(name.replace(/([a-z])([A-Z])/g, '$1_$2').replaceAll('-', '_'))
}

/** Whether a name can be that of a secret: for hiding, where too much does less harm than too little. */
export function canBeSecretName(name: string): boolean {
  return ANYWHERE.test(name)
}
