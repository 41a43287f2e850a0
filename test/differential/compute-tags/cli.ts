// `pnpm differential [--record] [PART OF A NAME]`: runs our bundle and the peer's over the same events and inputs, and compares every
// output to the byte. --record keeps the peer's results as the fixture that the unit tests go by.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { actionFolder } from '@deploy-actions/build/workspace'
import { mapLimit } from '@deploy-actions/core/flow/limit'
import { CASES } from './cases.ts'
import { CORNERS, type Corner } from './corners.ts'
import { GOLDEN_FILE, sharedPart, toGolden } from './golden.ts'
import { findPeer, PEER } from './peer.ts'
import { type BundleRun, runCase } from './run-case.ts'

const AT_ONCE = 2
const OURS = path.join(actionFolder('compute-tags'), 'dist/index.cjs')

function errorOf({ log }: BundleRun): string {
  return /^::error.*$/m.exec(log)?.[0] ?? 'no error'
}

/** Where two runs of one case part; empty when they do not. */
function differences(theirs: BundleRun, ours: BundleRun): string[] {
  const [a, b] = [theirs.outcome, sharedPart(ours.outcome)]
  if (a.status !== b.status)
    return [`theirs is a ${a.status} (${errorOf(theirs)}), ours a ${b.status} (${errorOf(ours)})`]
  // What a failed run has set before it failed serves nobody.
  if (a.status === 'failure') return []
  return (['outputs', 'exported', 'bakeFiles'] as const).flatMap(part =>
    [...new Set([...Object.keys(a[part]), ...Object.keys(b[part])])]
      .filter(name => a[part][name] !== b[part][name])
      .map(name => `${part} ${name}: theirs ${JSON.stringify(a[part][name])}, ours ${JSON.stringify(b[part][name])}`),
  )
}

/** Whether both behave in a corner as is said of them. */
function cornerDifferences(corner: Corner, theirs: BundleRun, ours: BundleRun): string[] {
  const tags = ({ outcome }: BundleRun) =>
    outcome.status === 'failure' ? 'fails' : outcome.outputs['tag-names']?.split('\n').filter(name => name !== '')
  const said = [
    ['theirs', corner.theirs, tags(theirs)],
    ['ours', corner.ours, tags(ours)],
  ] as const
  return said
    .filter(([, expected, seen]) => JSON.stringify(expected) !== JSON.stringify(seen))
    .map(([who, expected, seen]) => `${who} is said to be ${JSON.stringify(expected)} and is ${JSON.stringify(seen)}`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { record: { type: 'boolean', default: false } },
  })
  const peer = findPeer(process.env)
  if ('why' in peer) {
    console.log(`skipped: ${peer.why}`)
    return
  }
  const isAsked = ({ name }: { readonly name: string }) => positionals.every(part => name.includes(part))
  const golden: Record<string, unknown> = {}
  let differing = 0
  const tell = (name: string, problems: readonly string[]) => {
    if (problems.length === 0) return
    differing += 1
    console.log(`✗ ${name}\n${problems.map(problem => `    ${problem}`).join('\n')}`)
  }
  const cases = CASES.filter(isAsked)
  await mapLimit(cases, AT_ONCE, async subject => {
    const theirs = await runCase(peer.bundle, subject)
    golden[subject.name] = toGolden(theirs.outcome)
    tell(subject.name, differences(theirs, await runCase(OURS, subject)))
  })
  const corners = CORNERS.filter(isAsked)
  await mapLimit(corners, AT_ONCE, async corner => {
    tell(corner.name, cornerDifferences(corner, await runCase(peer.bundle, corner), await runCase(OURS, corner)))
  })
  console.log(`${cases.length} cases against ${PEER}, ${corners.length} corners: ${differing} differ`)
  if (differing > 0) process.exitCode = 1
  if (values.record && positionals.length === 0) {
    const inOrder = Object.fromEntries(cases.map(({ name }) => [name, golden[name]]))
    writeFileSync(GOLDEN_FILE, `${JSON.stringify(inOrder, null, 1)}\n`)
  }
}

await main()
