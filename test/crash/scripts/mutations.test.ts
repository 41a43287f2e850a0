import { serverProgram } from '@deploy-actions/build/server-program'
import { afterAll, expect, test } from '@jest/globals'
import { type CrashLab, openCrashLab } from './crash-lab.ts'
import { missingSyncs } from './durability.ts'
import type { Mode, Point } from './modes.ts'
import { SCENARIOS } from './scenarios.ts'

/** A deliberate fault of the server's program, and where the harness must find it. */
interface Mutation {
  readonly title: string
  readonly from: string
  readonly to: string
  readonly script: string
  /** Without one, the fault shows in an undisturbed run already. */
  readonly mode?: Mode
  /** The point at which it shows. */
  readonly at?: (point: Point) => boolean
  readonly finds: RegExp
}

const KILL: Mode = { name: 'kill', signal: 'KILL' }

const MUTATIONS: readonly Mutation[] = [
  {
    title: 'I1: which files leave follows from `current` alone',
    from: '"$switched_to" "$switched_back" "$switched_current" "$switched_confirmed" "$switched_before" | sort -u',
    to: '"$switched_current" | sort -u',
    script: 'activate-env-kept',
    mode: KILL,
    at: ({ name }) => name.startsWith('ln symlink'),
    finds: /^I1 extra: added\.txt/,
  },
  {
    title: 'I1: modes are not part of a release',
    from: ` -e 's/^mode //p' "$1"; }`,
    to: ' "$1"; }',
    script: 'activate',
    finds: /^new: I1 differs: bin\/was-executable\.sh/,
  },
  {
    title: 'I3: anonymous volumes go with the containers of services that left',
    from: 'engine rm ${volumes:+-v} "$container"',
    to: 'engine rm -v "$container"',
    script: 'finish-confirmed',
    finds: /^undisturbed: I3 lost: volume/,
  },
  {
    title: 'I5: a file that cannot be removed is skipped',
    from: '! exists "./$path" || rm -f -- "./$path" || return 1',
    to: '! exists "./$path" || rm -f -- "./$path" || :',
    script: 'activate',
    mode: { name: 'EACCES' },
    at: ({ name, about }) => name.startsWith('rm unlink') && about === 'srv/shop/removed.txt',
    finds: /^I5 exit status 0, but I1 extra: removed\.txt/,
  },
  {
    title: 'I6: the containers of every project count as ones of this project',
    from: 'engine ps -a --no-trunc --filter "label=com.docker.compose.project=$label" "$@"',
    to: 'engine ps -a --no-trunc --filter "label=com.docker.compose.project" "$@"',
    script: 'activate',
    finds: /neighbour\//,
  },
  {
    title: 'I7: a rollback refuses to continue an unfinished switch',
    from: 'target=$(pending target)\n  fi',
    to: 'die "$REFUSED" unfinished\n  fi',
    script: 'activate',
    mode: KILL,
    at: ({ name, about }) => name.startsWith('rm unlink') && about === 'srv/shop/removed.txt',
    finds: /^I7 the recovery ended with status 65/,
  },
  {
    title: 'D: a small state file is renamed without a sync',
    from: '  durable "$1.new" || return 1\n',
    to: '',
    script: 'activate',
    finds: /pending\.new is renamed to .*pending without a sync/,
  },
]

let lab: CrashLab | undefined
afterAll(() => lab?.close())

test.each(MUTATIONS)(
  'the harness finds a fault: $title',
  async ({ from, to, script, mode, at, finds }) => {
    const program = serverProgram()
    // A whole program is no good message.
    expect(program.includes(from)).toBe(true)
    await lab?.close()
    const opened = await openCrashLab({ shell: 'dash', workers: 2, program: program.replaceAll(from, () => to) })
    if ('missing' in opened || opened.library === undefined) {
      console.log(`not run: ${'missing' in opened ? opened.missing : opened.missingLibrary}`)
      return
    }
    lab = opened
    const scenario = SCENARIOS.find(({ name }) => name === script)
    if (scenario === undefined) throw new Error(`There is no scenario ${script}.`)
    const prepared = await lab.prepare(scenario)
    const points = await prepared.points('calls')
    const calls = points.flatMap(({ target }) => ('call' in target ? [target] : []))
    const found = [...prepared.findings, ...missingSyncs(calls, lab.project)]
    if (mode !== undefined) {
      const point = points.find(point => at?.(point))
      expect(point).toBeDefined()
      const tally = await prepared.run(mode, { every: 1, offset: 0, isDistinct: false, at: point?.name })
      found.push(...tally.failures.flatMap(({ findings }) => findings))
    }
    expect(found).toContainEqual(expect.stringMatching(finds))
  },
  300_000,
)
