import { InvalidValue } from '../values/invalid-value.ts'

const unfinished = ['armed', 'started', 'waiting', 'rolling-back'] as const
const final = ['confirmed', 'disarmed', 'rolled-back', 'rollback-failed'] as const
const phases = [...unfinished, ...final] as const
export type Phase = (typeof phases)[number]
/** How a switch can end. */
export type FinalPhase = (typeof final)[number]

/**
 * `.deploy/pending`: the one record of intent, and the only commit point. Its format 1 is frozen: scripts of older and of newer
 * versions read it.
 */
export interface Pending {
  /** Token of the run that switches, or a user and a terminal. */
  readonly owner: string
  /** The release that is being switched to. */
  readonly target: string
  /** The release that a rollback returns to; in a manual rollback the one that was chosen. */
  readonly rollbackTarget: string
  readonly phase: Phase
  readonly confirm: 'none' | 'job' | 'ci' | 'manual'
  /** Seconds. */
  readonly confirmTimeout: number
  /** Unix seconds by the server's clock; 0 for none. */
  readonly wallDeadline: number
  /** Attempts of the rollback that failed. */
  readonly attempts: number
}

const confirms = ['none', 'job', 'ci', 'manual'] as const

/** Undefined for an empty text: there was no switch yet. Throws InvalidValue for what is not a `pending` of format 1. */
export function parsePending(text: string): Pending | undefined {
  if (text.trim() === '') return undefined
  const values = new Map(
    text
      .trim()
      .split('\n')
      .map(line => {
        const space = line.indexOf(' ')
        return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]
      }),
  )
  const value = (key: string) => values.get(key) ?? ''
  if (value('format') !== '1') throw new InvalidValue(`is of format "${value('format')}", not 1`)
  const phase = phases.find(known => known === value('phase'))
  if (phase === undefined) throw new InvalidValue(`has the unknown phase "${value('phase')}"`)
  if (value('target') === '') throw new InvalidValue('names no target')
  return {
    owner: value('owner'),
    target: value('target'),
    rollbackTarget: value('rollback-target'),
    phase,
    confirm: confirms.find(known => known === value('confirm')) ?? 'none',
    confirmTimeout: numberOf(value('confirm-timeout')),
    wallDeadline: numberOf(value('wall-deadline')),
    attempts: numberOf(value('attempts')),
  }
}

export function formatPending(pending: Pending): string {
  return [
    'format 1',
    `owner ${pending.owner}`,
    `target ${pending.target}`,
    `rollback-target ${pending.rollbackTarget}`,
    `phase ${pending.phase}`,
    `confirm ${pending.confirm}`,
    `confirm-timeout ${pending.confirmTimeout}`,
    `wall-deadline ${pending.wallDeadline}`,
    `attempts ${pending.attempts}`,
    '',
  ].join('\n')
}

/** Whether nothing is left to do: the switch was confirmed, rolled back or given up. */
export function isFinal(phase: Phase): phase is FinalPhase {
  return final.some(known => known === phase)
}

function numberOf(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}
