import type { RunFacts } from '@deploy-actions/core/discord/deploy-embed'
import { escapeMarkdown } from '@deploy-actions/core/discord/escape-markdown'
import { STATUSES, type Status } from '@deploy-actions/core/discord/status'
import { nearestName } from '@deploy-actions/core/values/nearest'

/** What `{{name}}` in a text of the team's stands for. */
export type Placeholders = ReadonlyMap<string, string>

export const PLACEHOLDERS = [
  'attempt',
  'author',
  'branch',
  'commit',
  'commit-url',
  'duration',
  'emoji',
  'environment',
  'message',
  'ref',
  'repository',
  'run-number',
  'run-url',
  'sha',
  'status',
  'url',
  'workflow',
] as const

const ADDRESSES: ReadonlySet<string> = new Set(['commit-url', 'run-url', 'url'])
const PATTERN = /\{\{\s*([\w-]+)\s*\}\}/g

export function placeholdersOf(
  status: Status,
  facts: RunFacts,
  more: { readonly environment: string | undefined; readonly url: string | undefined; readonly duration: string },
): Placeholders {
  const values: Record<(typeof PLACEHOLDERS)[number], string> = {
    attempt: facts.runAttempt,
    author: facts.author.name,
    branch: facts.ref.name,
    commit: facts.sha.slice(0, 7),
    'commit-url': `${facts.serverUrl}/${facts.repository}/commit/${facts.sha}`,
    duration: more.duration,
    emoji: STATUSES[status].emoji,
    environment: more.environment ?? '',
    message: facts.message?.trim().split('\n')[0]?.trim() ?? '',
    ref: facts.ref.name,
    repository: facts.repository,
    'run-number': facts.runNumber,
    'run-url': facts.runUrl,
    sha: facts.sha,
    status,
    url: more.url ?? '',
    workflow: facts.workflow,
  }
  return new Map(Object.entries(values))
}

/** Puts the values in. They come from commits and branches, so in Markdown they are escaped; what is not known stays as it is. */
export function fill(text: string, values: Placeholders, form: 'markdown' | 'plain'): string {
  return text.replace(PATTERN, (whole, name: string) => {
    const value = values.get(name)
    if (value === undefined) return whole
    return form === 'plain' || ADDRESSES.has(name) ? value : escapeMarkdown(value)
  })
}

/** What stands for nothing in a text, also as other actions write it (`{{ EVENT_PAYLOAD.ref }}`), with what may have been meant. */
export function unknownPlaceholders(text: string): string[] {
  const names = [...text.matchAll(/\{\{([^{}]*)\}\}/g)].map(match => match[1]?.trim() ?? '')
  return [...new Set(names)]
    .filter(name => !PLACEHOLDERS.some(known => known === name))
    .map(name => {
      const near = nearestName(name, PLACEHOLDERS)
      return `{{${name}}}${near ? ` ({{${near}}}?)` : ''}`
    })
}
