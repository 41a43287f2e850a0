import { shortSha } from '../values/commit-sha.ts'
import { count } from '../values/count.ts'
import { formatDuration } from '../values/duration.ts'
import { cut } from './cut.ts'
import { type Evidence, type Folded, folded, foldedLines } from './evidence.ts'
import { bytesOf, fitting } from './fitting.ts'
import { type Bar, gantt, MOST_BARS } from './gantt.ts'
import { markdownLine, markdownLink } from './markdown.ts'
import { quote } from './quote.ts'
import { type Clean, shownLines, shownText } from './shown-text.ts'
import { markdownTable } from './table.ts'

/**
 * What a deploy action knows at its end. All texts are plain, none is trusted: Markdown and HTML in them are shown as they are.
 *
 * ssh-compose-deploy shows, of core/deploy's `Outcome` and its phases:
 *   result: Result, headline: string, release?: Release, previous?: Release, failure?: ActionError, details?: readonly string[],
 *   evidence?: readonly { title: string; lines: readonly string[] }[], hostName: string, phases: readonly Phase[]
 * An ActionError is a `failure`, a release's services are `services`, phases are `phases` as they are.
 */
export interface DeployFacts {
  /** `signOf(result)`, of the worst result. */
  readonly sign: string
  /** The whole in one line. */
  readonly headline: string
  /** What a row of the table is about. */
  readonly kind?: 'Server' | 'Resource'
  readonly targets: readonly TargetFacts[]
  readonly commit?: { readonly sha: string; readonly url?: string; readonly subject?: string | undefined } | undefined
  /** Where the deployed application can be seen. */
  readonly url?: string | undefined
  readonly failure?: { readonly message: string; readonly next?: string | undefined } | undefined
  /** What a person should know although nothing failed. */
  readonly notes?: readonly string[]
  /** The last log lines of what is unhealthy. */
  readonly evidence?: readonly Evidence[] | undefined
  /** A plan or a status. */
  readonly details?: Folded | undefined
  readonly services?: readonly ServiceFacts[] | undefined
  readonly phases?: readonly Bar[]
}

/** One server or resource. */
export interface TargetFacts {
  /** `deploy@shop.example.org`, or the name of a resource. */
  readonly name: string
  readonly url?: string | undefined
  /** A word with its sign: `✅ deployed`. */
  readonly result: string
  /** Undefined when nobody knows. */
  readonly runsNow: string | undefined
  /** The run has not touched it: it failed before, or there was nothing to do. */
  readonly isUnchanged?: boolean
  /** `nothing (first deploy)` where nothing did. */
  readonly ranBefore: string | undefined
  readonly failedRelease?: string | undefined
  /** Milliseconds. With one target, that of all phases otherwise. */
  readonly duration?: number | undefined
  /** Another system's word for it, with its page. */
  readonly deployment?: { readonly text: string; readonly url?: string | undefined } | undefined
}

export interface ServiceFacts {
  readonly name: string
  readonly image: string
  readonly digest?: string | undefined
  readonly imageId?: string | undefined
  /** What the run did with it: `recreated`, `removed`. */
  readonly change?: string | undefined
}

/** The runner drops a summary of more than 1 MiB as a whole (AttachmentSizeLimit in its FileCommandManager.cs). */
export const MOST_BYTES = 900 * 1_024

/** Bytes of the parts. Logs share what the others leave. */
const ROOM = { table: 150_000, failure: 150_000, next: 40_000, services: 100_000, details: 150_000 } as const

/** UTF-16 units. */
const LONGEST = { headline: 300, subject: 120, cell: 200, note: 600, phase: 60 } as const

const MOST_NOTES = 20

/** Milliseconds of a run that is too short for a chart of its phases. */
const SHORTEST_CHART = 3_000

/**
 * The job summary of a deploy, which a person reads in ten seconds: what happened in one line, to which commit, why it failed, what
 * to do next, and what runs where; logs, images and times are folded. It stays below MOST_BYTES, and the reason is never left out.
 * `clean` removes secrets: it sees each text before that is escaped or cut, when a secret can still be recognized.
 */
export function deploySummary(facts: DeployFacts, clean: Clean): string {
  const before = [heading(facts, clean), factsLine(facts, clean), failureQuote(facts, clean)]
  before.push(...noteQuotes(facts, clean), targetTable(facts, clean))
  const details = facts.details ? foldedLines(facts.details, 'first', ROOM.details, clean) : ''
  const after = [details, serviceTable(facts, clean), chart(facts, clean)]
  const room = MOST_BYTES - [...before, ...after].reduce((sum, part) => sum + bytesOf(part) + 2, 0)
  const parts = [...before, ...evidenceBlocks(facts.evidence ?? [], room, clean), ...after]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function heading({ sign, headline }: DeployFacts, clean: Clean): string {
  const text = cut(shownLines(headline, clean).join(' '), LONGEST.headline)
  return `### ${sign} ${markdownLine(text)}`
}

/** Where it came from and where it leads; how long it took, where a table of several targets does not show it. */
function factsLine({ commit, url, targets, phases = [] }: DeployFacts, clean: Clean): string {
  const parts: string[] = []
  if (commit) {
    const sha = shownText(shortSha(commit.sha), LONGEST.cell, clean)
    const link = commit.url === undefined ? sha : markdownLink(sha, clean(commit.url))
    const subject = shownText(commit.subject ?? '', LONGEST.subject, clean)
    parts.push(`Commit ${link}${subject === '' ? '' : `: ${subject}`}`)
  }
  if (url !== undefined) parts.push(markdownLink(shownText(withoutQuery(url), LONGEST.cell, clean), clean(url)))
  const duration = durationOf(phases)
  if (duration !== undefined && targets.length !== 1) parts.push(`Duration ${formatDuration(duration)}`)
  return parts.join(' · ')
}

function withoutQuery(address: string): string {
  const url = URL.parse(address)
  return url === null ? '' : `${url.origin}${url.pathname}`
}

function durationOf(phases: readonly Bar[]): number | undefined {
  if (phases.length === 0) return undefined
  return Math.max(...phases.map(({ end }) => end)) - Math.min(...phases.map(({ start }) => start))
}

interface Column {
  readonly title: string
  readonly cell: (target: TargetFacts) => string | undefined
  /** Also when no row has anything for it. */
  readonly isFixed?: boolean
}

function targetTable(facts: DeployFacts, clean: Clean): string {
  const { targets, kind = 'Server', phases = [] } = facts
  if (targets.length === 0) return ''
  const text = (value: string) => shownText(value, LONGEST.cell, clean) || '-'
  const maybe = (value: string | undefined) => (value === undefined || value === '' ? undefined : text(value))
  const linked = (value: string, url: string | undefined) =>
    url === undefined ? text(value) : markdownLink(text(value), clean(url))
  const total = targets.length === 1 ? durationOf(phases) : undefined
  const columns: Column[] = [
    { title: kind, cell: ({ name, url }) => linked(name, url), isFixed: true },
    { title: 'Result', cell: ({ result }) => text(result), isFixed: true },
    {
      title: 'Runs now',
      cell: ({ runsNow, isUnchanged }) => maybe(isUnchanged && runsNow ? `${runsNow} (unchanged)` : runsNow),
      isFixed: true,
    },
    { title: 'Ran before', cell: ({ ranBefore }) => maybe(ranBefore), isFixed: true },
    { title: 'Failed release', cell: ({ failedRelease }) => maybe(failedRelease) },
    {
      title: 'Duration',
      cell: ({ duration = total }) => (duration === undefined ? undefined : formatDuration(duration)),
    },
    { title: 'Deployment', cell: ({ deployment }) => deployment && linked(deployment.text, deployment.url) },
  ]
  const rows = targets.map(target => columns.map(({ cell }) => cell(target)))
  const shown = columns.flatMap(({ isFixed }, index) => (isFixed || rows.some(row => row[index]) ? [index] : []))
  return fittingTable(
    shown.map(index => columns[index]?.title ?? ''),
    rows.map(row => shown.map(index => row[index] ?? '-')),
    ROOM.table,
  )
}

function fittingTable(header: readonly string[], rows: readonly (readonly string[])[], room: number): string {
  const { shown, left } = fitting(rows, room, row => bytesOf(markdownTable(row, [])))
  const table = markdownTable(header, shown)
  return left === 0 ? table : `${table}\n\n… and ${count(left, 'more row')}: the log has all of them.`
}

function failureQuote({ failure }: DeployFacts, clean: Clean): string {
  if (failure === undefined) return ''
  const { message, next } = failure
  return quote([
    { lines: shownLines(message, clean), room: ROOM.failure },
    ...(next ? [{ lead: '**Next:**', lines: shownLines(next, clean), room: ROOM.next }] : []),
  ])
}

function noteQuotes({ notes = [] }: DeployFacts, clean: Clean): string[] {
  const left = notes.length - MOST_NOTES
  const more = left > 0 ? [`… and ${count(left, 'more note')}: the log has all of them.`] : []
  return [...notes.slice(0, MOST_NOTES), ...more].map(note => `> ⚠️ ${shownText(note, LONGEST.note, clean)}`)
}

/** Each log has its share, and what the ones before it have left. */
function evidenceBlocks(evidence: readonly Evidence[], room: number, clean: Clean): string[] {
  let rest = room
  return evidence.map((one, index) => {
    const block = foldedLines(one, 'last', rest / (evidence.length - index) - 2, clean)
    rest -= bytesOf(block) + 2
    return block
  })
}

function serviceTable({ services = [] }: DeployFacts, clean: Clean): string {
  if (services.length === 0) return ''
  const isChangeKnown = services.some(({ change }) => change !== undefined)
  const rows = services.map(({ name, image, digest, imageId, change }) =>
    [name, image, digest ?? imageId ?? '-', ...(isChangeKnown ? [change ?? '-'] : [])].map((text, index) =>
      shownText(index === 2 ? pinOf(text) : shortDigests(text), LONGEST.cell, clean),
    ),
  )
  const table = fittingTable(
    ['Service', 'Image', 'Pinned to', ...(isChangeKnown ? ['Change'] : [])],
    rows,
    ROOM.services,
  )
  return folded(`Services (${services.length})`, table)
}

/** The digest of `repository@sha256:…`: the column before has the repository. */
function pinOf(text: string): string {
  return shortDigests(text).replace(/^.*@/, '')
}

/** The whole would push the table out of the page. */
function shortDigests(text: string): string {
  return text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…')
}

/** Which phase took how long. Where there are too many, those that failed stay. */
function chart({ phases = [] }: DeployFacts, clean: Clean): string {
  const duration = durationOf(phases)
  if (duration === undefined || duration < SHORTEST_CHART) return ''
  const bars = phases.map(phase => ({ ...phase, name: cut(shownLines(phase.name, clean).join(' '), LONGEST.phase) }))
  const shown =
    bars.length <= MOST_BARS
      ? bars
      : bars
          .toSorted((one, other) => Number(one.ok) - Number(other.ok))
          .slice(0, MOST_BARS)
          .toSorted((one, other) => one.start - other.start)
  return folded(`Phases (${formatDuration(duration)})`, gantt('Duration of each phase', shown))
}
