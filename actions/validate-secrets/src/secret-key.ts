/** Whether a key inside a value (of JSON, of a `.env`, of a query) holds a secret: `secretKey`, `client_secret`, `API-Key`. */
export function isSecretKey(key: string): boolean {
  return !isPublicKey(key) && SECRET_WORDS.test(words(key))
}

/** Keys of what nobody hides, also next to secrets. */
export function isPublicKey(key: string): boolean {
  return PUBLIC_WORDS.test(words(key))
}

const SECRET_WORDS =
  /(^|_)(pass|password|passwd|passphrase|passcode|pwd|pin|secret|token|key|apikey|accesskey|secretkey|private|credential|auth|signature|salt|pepper|dsn)s?(_|$)/
const PUBLIC_WORDS = /(^|_)(public|id|name|user|username|email|url|uri|host|type|region|bucket)s?(_|$)/

function words(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}
