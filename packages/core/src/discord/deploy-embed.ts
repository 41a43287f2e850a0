import { formatDuration } from '../values/duration.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import { LIMITS } from './limits.ts'
import type { Embed, EmbedField } from './message.ts'
import { STATUSES, type Status } from './status.ts'

/** What is told of a run. All of it is plain text from elsewhere; none of it is trusted to be harmless Markdown. */
export interface RunFacts {
  /** `org/shop`. */
  readonly repository: string
  /** `https://github.com`. */
  readonly serverUrl: string
  readonly ref: {
    readonly kind: 'branch' | 'tag' | 'pull request' | 'other'
    readonly name: string
    /** The page of a pull request, where it is not below `/pull/`. */
    readonly url?: string
  }
  readonly sha: string
  /** The commit's, whole, where the event carries it. */
  readonly message?: string
  /** A login, or a name where there is none. */
  readonly author: { readonly name: string; readonly isLogin: boolean }
  readonly workflow: string
  readonly runUrl: string
  readonly runNumber: string
  readonly runAttempt: string
}

export const DETAILS = [
  'repository',
  'branch',
  'commit',
  'author',
  'message',
  'reason',
  'release',
  'environment',
  'duration',
  'run',
] as const
export type Detail = (typeof DETAILS)[number]

export interface EmbedOptions {
  readonly environment?: string | undefined
  /** Where what was deployed can be seen; the title leads there. */
  readonly url?: string | undefined
  readonly details: readonly Detail[]
  /** Why it failed. */
  readonly reason?: string | undefined
  /** A line of Markdown per deploy. */
  readonly releases?: readonly string[]
  /** Milliseconds. */
  readonly duration?: number | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

const MESSAGE_LINES = 6

/** The message of a deploy as one embed, in Discord's Markdown. */
export function deployEmbed(status: Status, facts: RunFacts, options: EmbedOptions): Embed {
  const { color } = STATUSES[status]
  const description = options.details.includes('message') ? quoteOf(facts.message) : ''
  return {
    title: statusTitle(status, facts.workflow, options.environment),
    url: options.url ?? facts.runUrl,
    color,
    ...(description ? { description } : {}),
    fields: options.details.flatMap(detail => detailField(detail, facts, options)),
    timestamp: new Date(options.now).toISOString(),
  }
}

/** `✅ Deployed to production`. */
export function statusTitle(status: Status, workflow: string, environment: string | undefined): string {
  const { emoji, deploy, plain } = STATUSES[status]
  const words = environment
    ? deploy.replace('{environment}', () => escapeMarkdown(environment))
    : plain.replace('{workflow}', () => escapeMarkdown(workflow))
  return `${emoji} ${words}`
}

function detailField(detail: Detail, facts: RunFacts, options: EmbedOptions): EmbedField[] {
  const { repository, ref, sha, author } = facts
  const home = `${facts.serverUrl}/${repository}`
  const field = (name: string, value: string): EmbedField[] => (value ? [{ name, value, inline: true }] : [])
  switch (detail) {
    case 'repository':
      return field('Repository', link(repository, home))
    case 'branch':
      return field(
        ref.kind === 'tag' ? 'Tag' : ref.kind === 'pull request' ? 'Pull request' : 'Branch',
        refLink(ref, home),
      )
    case 'commit':
      return field('Commit', sha ? link(sha.slice(0, 7), `${home}/commit/${sha}`) : '')
    case 'author':
      return field(
        'Author',
        // act's own actor, `nektos/act`, has no page.
        author.isLogin && !author.name.includes('/')
          ? link(author.name, `${facts.serverUrl}/${encodeURIComponent(author.name)}`)
          : escapeMarkdown(author.name),
      )
    case 'environment':
      return field('Environment', escapeMarkdown(options.environment ?? ''))
    case 'duration':
      return field('Duration', options.duration === undefined ? '' : formatDuration(options.duration))
    case 'run': {
      const again = Number(facts.runAttempt) > 1 ? `, attempt ${facts.runAttempt}` : ''
      return field('Run', link(`${facts.workflow} #${facts.runNumber}${again}`, facts.runUrl))
    }
    case 'reason':
      return options.reason ? [{ name: 'Reason', value: escapeMarkdown(options.reason), inline: false }] : []
    case 'release': {
      const { releases = [] } = options
      const name = releases.length > 1 ? 'Releases' : 'Release'
      return releases.length > 0 ? [{ name, value: releases.join('\n'), inline: false }] : []
    }
    case 'message':
      return []
  }
}

function refLink(ref: RunFacts['ref'], home: string): string {
  if (ref.name === '') return ''
  if (ref.kind === 'pull request') return link(`#${ref.name}`, ref.url ?? `${home}/pull/${ref.name}`)
  return link(ref.name, `${home}/tree/${ref.name.split('/').map(encodeURIComponent).join('/')}`)
}

/** Parentheses would end the address too early. */
export function link(text: string, url: string): string {
  return `[${escapeMarkdown(text)}](${url.replaceAll('(', '%28').replaceAll(')', '%29').replaceAll(' ', '%20')})`
}

/** The commit's message: its first line in bold, a few more below; trailers are for machines. */
function quoteOf(message: string | undefined): string {
  const lines = (message ?? '')
    .split(/\r?\n/)
    .filter(line => !/^(co-authored-by|signed-off-by|change-id|reviewed-by):/i.test(line.trim()))
  const [subject = '', ...rest] = lines.join('\n').trim().split('\n')
  if (subject === '') return ''
  const body = rest.join('\n').trim().split('\n').slice(0, MESSAGE_LINES).join('\n')
  return `**${escapeMarkdown(subject.slice(0, LIMITS.title * 2))}**${body ? `\n${escapeMarkdown(body)}` : ''}`
}
