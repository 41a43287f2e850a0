/** The most common passwords of public leaks, and the defaults of the software that is deployed with Compose. */
const COMMON = new Set([
  ...[
    '123456',
    '1234567',
    '12345678',
    '123456789',
    '1234567890',
    '12345',
    '1234',
    '123123',
    '111111',
    '000000',
    '654321',
    '123321',
  ],
  ...[
    'admin',
    'admin123',
    'administrator',
    'root',
    'toor',
    'user',
    'guest',
    'qwerty',
    'qwerty123',
    'azerty',
    'letmein',
    'welcome',
    'welcome1',
  ],
  ...[
    'abc123',
    'password1',
    'password123',
    'passw0rd',
    'p@ssw0rd',
    'p@ssword',
    'iloveyou',
    'monkey',
    'dragon',
    'football',
    'sunshine',
    'master',
  ],
  ...[
    'postgres',
    'postgresql',
    'mysql',
    'mariadb',
    'redis',
    'mongo',
    'mongodb',
    'rabbitmq',
    'guest',
    'minio',
    'minioadmin',
    'grafana',
    'docker',
  ],
  ...[
    'secret123',
    'supersecret',
    'super-secret',
    'super_secret',
    'topsecret',
    'top-secret',
    'verysecret',
    'shhh',
    'hunter2',
    'correcthorsebatterystaple',
  ],
  ...[
    's3cr3t',
    'secretkey',
    'jwtsecret',
    'jwt_secret',
    'jwt-secret',
    'keyboardcat',
    'keyboard cat',
    'dev',
    'development',
    'local',
    'prod',
    'production',
  ],
])

/** Secrets that stand in the documentation or the templates of well-known projects, so that everyone knows them. */
const DOCUMENTED = new Set([
  // https://goharbor.io/docs/main/install-config/configure-yml-file/
  'harbor12345',
  // https://min.io/docs/minio/container/index.html
  'minio123',
  // https://docs.oracle.com/en/java/javase/21/docs/specs/man/keytool.html
  'changeit',
  // https://jwt.io
  'a-string-secret-at-least-256-bits-long',
  // https://github.com/supabase/supabase/blob/master/docker/.env.example
  'super-secret-jwt-token-with-at-least-32-characters-long',
  'your-super-secret-and-long-postgres-password',
  // https://github.com/symfony/symfony-standard
  'thistokenisnotsosecretchangeit',
  // https://github.com/directus/directus
  'd1r3ctu5',
  // https://github.com/strapi/strapi
  'tobemodified',
  'tobemodified1',
  'tobemodified2',
])

const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiopasdfghjklzxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  'qwertzuiopasdfghjklyxcvbnm',
] as const

/** Why a value is easy to guess, in words that do not quote it. */
export function weakness(value: string): string | undefined {
  const text = value.trim().toLowerCase()
  const letters = [...text]
  if (letters.length === 0) return undefined
  if (COMMON.has(text)) return 'is one of the most common passwords'
  if (DOCUMENTED.has(text)) return 'stands in the documentation of a well-known project'
  // What `django-admin startproject` writes: https://docs.djangoproject.com/en/stable/ref/checks/#security
  if (text.startsWith('django-insecure-')) return 'is the key of a new Django project, which is not for production'
  if (new Set(letters).size === 1) return 'is one sign repeated'
  if (isRepeated(text)) return 'is a short text repeated'
  if (letters.length >= 4 && isRun(text)) return 'is a run of neighbouring letters or digits'
  return undefined
}

export function isCommonPassword(value: string): boolean {
  return COMMON.has(value.trim().toLowerCase())
}

/** `abcabcabc`: a unit of a third of the length at most. */
function isRepeated(text: string): boolean {
  for (let unit = 1; unit <= text.length / 3; unit++) {
    if (text.length % unit === 0 && text === text.slice(0, unit).repeat(text.length / unit)) return true
  }
  return false
}

/** Shannon gives `abcdefgh` full marks, so runs are looked for apart; a run may turn back or start again (`12345678901`, `abcabc`). */
function isRun(text: string): boolean {
  let [neighbours, pairs] = [0, 0]
  for (let index = 1; index < text.length; index++) {
    const pair = text.slice(index - 1, index + 1)
    pairs += 1
    if (ROWS.some(row => row.includes(pair) || row.includes(pair[1] === undefined ? pair : `${pair[1]}${pair[0]}`)))
      neighbours += 1
  }
  return pairs > 0 && neighbours / pairs >= 0.8
}

/** Shannon's bits for each character. */
export function entropy(value: string): number {
  const counts = new Map<string, number>()
  for (const letter of value) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  const length = [...value].length
  let bits = 0
  for (const count of counts.values()) bits -= (count / length) * Math.log2(count / length)
  return bits
}

/** Names whose values are made up by somebody, and so may be guessed. */
export function isPasswordName(name: string): boolean {
  return (
    /(^|_)(PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|APIKEY|KEY|SALT|PEPPER)(_|$)/i.test(name) &&
    !/(^|_)(PUBLIC|ID|NAME|USER)(_|$)/i.test(name)
  )
}
