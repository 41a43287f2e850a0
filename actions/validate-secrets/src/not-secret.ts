import type { TypeName } from './rules/vocabulary.ts'

/** The run's own public words, which stand in every log and many outputs. */
export interface PublicWords {
  readonly repository: string
  readonly branch: string
  readonly environment: string
}

const COMMON_WORDS = new Set([
  ...[
    'true',
    'false',
    'yes',
    'no',
    'on',
    'off',
    'app',
    'web',
    'api',
    'www',
    'backend',
    'frontend',
    'server',
    'worker',
    'master',
    'main',
    'develop',
  ],
  ...[
    'production',
    'prod',
    'staging',
    'preprod',
    'development',
    'dev',
    'test',
    'latest',
    'stable',
    'docker',
    'docker.io',
    'ghcr.io',
    'localhost',
  ],
  ...[
    'root',
    'admin',
    'deploy',
    'deployer',
    'ubuntu',
    'debian',
    'runner',
    'user',
    'postgres',
    'mysql',
    'redis',
    'info',
    'debug',
    'warn',
    'error',
    'linux',
  ],
])

/** Types that nobody hides. */
const PUBLIC_TYPES = new Set<TypeName>([
  'port',
  'boolean',
  'semver',
  'docker-image',
  'enum',
  'ssh-public-key',
  'known-hosts',
])

/**
 * Why a secret is none, in words that do not quote it. Its mask blackens the text wherever it stands, and the runner drops
 * every job output that holds it: https://github.com/docker/metadata-action/issues/214
 */
export function publicity(value: string, type: TypeName, words: PublicWords): string | undefined {
  const text = value.trim().toLowerCase()
  if (PUBLIC_TYPES.has(type)) return `is a ${type}, which nobody hides`
  if (COMMON_WORDS.has(text)) return 'is a word that stands everywhere'
  if (text.length >= 3 && words.repository.toLowerCase().includes(text)) return "is a part of the repository's name"
  if (text.length >= 3 && (words.branch.toLowerCase() === text || words.environment.toLowerCase() === text))
    return 'is the name of the branch or the environment'
  if ([...text].length < 6) return 'is so short that its mask hits other texts'
  return undefined
}

/** A word that proves nothing when it stands somewhere. */
export function isCommonWord(value: string): boolean {
  return COMMON_WORDS.has(value.trim().toLowerCase())
}
