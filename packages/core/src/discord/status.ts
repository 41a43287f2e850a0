import { type helperResults, type Result, signOf } from '../deploy/result.ts'
import { InvalidValue } from '../values/invalid-value.ts'
import { nearestName } from '../values/nearest.ts'
import { COLORS } from './color.ts'

/** progress: more is to come. up and down: how it ended. neutral: nothing was done. */
export type Mood = 'progress' | 'up' | 'down' | 'neutral'

/** How a message speaks of a status. */
export interface StatusLook {
  readonly mood: Mood
  readonly emoji: string
  readonly color: number
  /** For the timeline: `deployed`. */
  readonly short: string
  /** With an environment: `Deployed to {environment}`. */
  readonly deploy: string
  /** Without one: `{workflow} succeeded`. */
  readonly plain: string
}

const look = (
  mood: Mood,
  emoji: string,
  color: keyof typeof COLORS,
  short: string,
  deploy: string,
  plain: string,
): StatusLook => ({
  mood,
  emoji,
  color: COLORS[color],
  short,
  deploy,
  plain,
})

/**
 * The results of the deploy actions with their signs, a job's own words, and what there is to report before an end. The worst
 * stands first: results in the order of their severity.
 */
export const STATUSES = {
  'rollback-failed': look(
    'down',
    signOf('rollback-failed'),
    'red',
    'rollback failed',
    'Rollback of {environment} failed: manual intervention required',
    '{workflow}: the rollback failed, manual intervention required',
  ),
  stopped: look(
    'down',
    signOf('stopped'),
    'red',
    'stopped',
    'Deploy to {environment} failed, and it was stopped',
    '{workflow} failed, and was stopped',
  ),
  failure: look('down', signOf('failed'), 'red', 'failed', 'Deploy to {environment} failed', '{workflow} failed'),
  failed: look('down', signOf('failed'), 'red', 'failed', 'Deploy to {environment} failed', '{workflow} failed'),
  down: look('down', '🔴', 'red', 'down', '{environment} is down', '{workflow}: down'),
  'rolled-back': look(
    'down',
    signOf('rolled-back'),
    'orange',
    'rolled back',
    '{environment} was rolled back',
    '{workflow}: rolled back',
  ),
  cancelled: look(
    'neutral',
    '⚪',
    'yellow',
    'cancelled',
    'Deploy to {environment} was cancelled',
    '{workflow} was cancelled',
  ),
  started: look('progress', '⏳', 'blue', 'started', 'Deploying to {environment}', '{workflow} started'),
  'rolling-back': look(
    'progress',
    signOf('rolled-back'),
    'blue',
    'rolling back',
    'Rolling {environment} back',
    '{workflow}: rolling back',
  ),
  superseded: look(
    'neutral',
    signOf('superseded'),
    'grey',
    'superseded',
    'Deploy to {environment} was superseded by a newer one',
    '{workflow} was superseded',
  ),
  pending: look(
    'progress',
    signOf('pending'),
    'yellow',
    'deployed, to be confirmed',
    'Deployed to {environment}, to be confirmed',
    '{workflow}: to be confirmed',
  ),
  recovered: look('up', '💚', 'green', 'up again', '{environment} is up again', '{workflow}: up again'),
  validated: look('up', '✅', 'green', 'validated', '{environment} is validated', '{workflow}: validated'),
  confirmed: look(
    'up',
    signOf('confirmed'),
    'green',
    'confirmed',
    'Deploy to {environment} is confirmed',
    '{workflow}: confirmed',
  ),
  deployed: look('up', signOf('deployed'), 'green', 'deployed', 'Deployed to {environment}', '{workflow}: deployed'),
  success: look('up', signOf('deployed'), 'green', 'done', 'Deployed to {environment}', '{workflow} succeeded'),
  passed: look('up', '✅', 'green', 'passed', '{environment}: passed', '{workflow}: passed'),
  unchanged: look(
    'up',
    signOf('unchanged'),
    'green',
    'unchanged',
    '{environment} runs this already',
    '{workflow}: nothing to change',
  ),
  planned: look(
    'neutral',
    signOf('planned'),
    'grey',
    'planned',
    'Deploy to {environment} was planned only (dry run)',
    '{workflow}: planned only (dry run)',
  ),
  skipped: look(
    'neutral',
    signOf('skipped'),
    'grey',
    'skipped',
    'Deploy to {environment} was skipped',
    '{workflow} was skipped',
  ),
} as const satisfies Readonly<Record<string, StatusLook>> & Readonly<Record<Result, StatusLook>>

export type Status = keyof typeof STATUSES

/** What the results of the other actions say of a deploy. */
const HELPERS: Readonly<Record<Exclude<(typeof helperResults)[number], 'passed'>, Status>> = {
  tagged: 'passed',
  empty: 'skipped',
  valid: 'passed',
  invalid: 'failed',
  sent: 'passed',
  edited: 'passed',
}

/** Other words for the same: of workflow runs, of health checks, and of habit. */
const ALIASES: Readonly<Record<string, Status>> = {
  ...HELPERS,
  error: 'failure',
  timed_out: 'failure',
  startup_failure: 'failure',
  action_required: 'failure',
  canceled: 'cancelled',
  abandoned: 'cancelled',
  stale: 'cancelled',
  neutral: 'skipped',
  start: 'started',
  in_progress: 'started',
  running: 'started',
  succeeded: 'success',
  ok: 'success',
  up: 'success',
  healthy: 'success',
  unhealthy: 'down',
}

/** Reads one word or several (`${{ join(needs.*.result, ' ') }}`). */
export function parseStatuses(text: string): {
  readonly known: readonly Status[]
  readonly problems: readonly string[]
} {
  const words = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
  const known: Status[] = []
  const problems: string[] = []
  for (const word of words) {
    try {
      known.push(parseStatus(word))
    } catch (thrown) {
      if (!(thrown instanceof InvalidValue)) throw thrown
      problems.push(thrown.message)
    }
  }
  return { known, problems: words.length === 0 ? ['is empty'] : problems }
}

/**
 * The worst of several. Of a deploy (a message with an environment) a part that was skipped is worse than a success, as it may have
 * been the deploy itself: nothing is called deployed then.
 */
export function worstStatus(statuses: readonly Status[], isDeploy: boolean): Status | undefined {
  const order = Object.keys(STATUSES)
  const [worst] = statuses.toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
  const isClaim = worst !== undefined && STATUSES[worst].mood === 'up'
  return isDeploy && isClaim && statuses.includes('skipped') ? 'skipped' : worst
}

/** Reads one word. */
export function parseStatus(text: string): Status {
  const word = text.toLowerCase()
  if (Object.hasOwn(STATUSES, word)) return word as Status
  const known = [word, word.replaceAll('-', '_')].find(name => Object.hasOwn(ALIASES, name))
  if (known !== undefined && ALIASES[known]) return ALIASES[known]
  const near = nearestName(word, [...Object.keys(STATUSES), ...Object.keys(ALIASES)])
  throw new InvalidValue(`has "${word}"${near ? ` (${near}?)` : ''}; write one of ${Object.keys(STATUSES).join(', ')}`)
}
