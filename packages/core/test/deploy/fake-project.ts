import type { Context } from '@deploy-actions/core/deploy/context'
import type { ProjectOptions } from '@deploy-actions/core/deploy/options'
import { formatPending, type Pending } from '@deploy-actions/core/release/pending'
import { formatRecord, formatState, type Release } from '@deploy-actions/core/release/record'
import { FakeHost } from '@deploy-actions/testkit/fake-host'
import {
  type FakeProgram,
  type FakeProgramOptions,
  fakeProgram,
  type ProgramAnswer,
} from '@deploy-actions/testkit/fake-program'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'

export const projectOptions: ProjectOptions = { path: '/opt/shop', projectName: undefined, lockTimeout: 0 }

const SURVEY = {
  user: 'deploy',
  time: '1767225600',
  engine: '26.1.5 linux/amd64',
  compose: '2.26.1',
  writable: 'yes',
  real: '/opt/shop',
}

/** The sections of a store that holds the last of the releases. */
export function storeSections(releases: readonly Release[], pending?: Pending): Record<string, string> {
  const held = releases.at(-1)?.id ?? ''
  const sections: Record<string, string> = {
    pending: pending === undefined ? '' : formatPending(pending),
    held,
    confirmed: held,
    'release-ids': releases.map(({ id }) => id).join('\n'),
  }
  for (const release of releases) {
    const { state, ...record } = release
    sections[`release ${release.id}`] = formatRecord(record)
    sections[`state ${release.id}`] = formatState(state, new Date(0))
  }
  return sections
}

export interface FakeServer {
  readonly context: Context
  readonly log: RecordingLog
  readonly clock: ManualClock
  /** One for each connection. */
  readonly programs: FakeProgram[]
}

/** A server with a scripted program, surveyed and locked as usual; each connection is a new one with the same script. */
export function fakeServer(
  verbs: FakeProgramOptions['verbs'],
  sections: Record<string, string> = storeSections([]),
  prepare: (host: FakeHost, number: number) => void = () => {},
): FakeServer {
  const log = new RecordingLog()
  const clock = new ManualClock()
  const programs: FakeProgram[] = []
  const survey: ProgramAnswer = { sections: { ...SURVEY, ...sections } }
  const context: Context = {
    clock,
    log,
    signal: new AbortController().signal,
    by: 'a test',
    purpose: 'deploy',
    mark: 'boundary',
    owner: 'this-run',
    phase: (_, work) => work(),
    connect: async () => {
      const host = new FakeHost({ clock })
      const number = programs.length + 1
      const held = { open: () => ({ lines: [`locked ${number} /tmp/run`], sections }) }
      programs.push(fakeProgram(host, { verbs: { survey, ...verbs }, held }))
      prepare(host, number)
      return host
    },
    probe: async () => undefined,
    workspace: {
      collect: async () => [],
      pack: () => {
        throw new Error('nothing is packed')
      },
      exists: async () => false,
      readText: async () => '',
    },
  }
  return { context, log, clock, programs }
}
