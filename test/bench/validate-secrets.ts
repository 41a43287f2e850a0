// What rules cost: the bundle's time from start to end with one rule and with a hundred, as lists and as YAML.
// node test/bench/validate-secrets.ts [ROUNDS]; needs `pnpm build validate-secrets`.
import { type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { median } from './measure/median.ts'

const TYPES = ['url', 'base64', 'hex', 'port', 'host', 'email', 'database-url', 'docker-image', 'uuid', 'text'] as const

/** Each value is another one, as in life: equal ones would cost the guard less. */
const VALUES: Readonly<Record<(typeof TYPES)[number], (index: number) => string>> = {
  url: index => `https://shop-${index}.example.com/path`,
  base64: index => Buffer.from(`f8Kq2-zPw9-Lm4Xr7-Vb1Nc5-Qs6Td${index}`).toString('base64'),
  hex: index => `c0ffee0123456789abcdef98765432${String(index).padStart(2, '0')}`,
  port: index => String(8_000 + index),
  host: index => `db-${index}.example.com`,
  email: index => `ops-${index}@example.com`,
  'database-url': index => `postgres://shop:f8Kq2-zPw9-${index}@db-1.example.com:5432/shop`,
  'docker-image': index => `ghcr.io/other/shop:sha-0123ab${index}`,
  uuid: index => `123e4567-e89b-12d3-a456-4266141740${String(index).padStart(2, '0')}`,
  text: index => `f8Kq2-zPw9-Lm4Xr7-Vb1Nc5-${index}`,
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `NAME_${index}`)
const typeOf = (index: number) => TYPES[index % TYPES.length] ?? 'text'

function asList(count: number): BundleRun {
  const required = names(count).map((name, index) => `${name}: ${typeOf(index)}`)
  return { inputs: { 'required-vars': required.join('\n') }, env: environment(count) }
}

function asYaml(count: number): BundleRun {
  const rules = names(count).map(
    (name, index) => `  ${name}: { type: ${typeOf(index)}, max-length: 200, required: true }`,
  )
  return { inputs: { rules: `vars:\n${rules.join('\n')}\n` }, env: environment(count) }
}

function environment(count: number): Record<string, string> {
  return Object.fromEntries(names(count).map((name, index) => [name, VALUES[typeOf(index)](index)]))
}

const CASES = {
  'list, 1 rule': asList(1),
  'list, 100 rules': asList(100),
  'YAML, 1 rule': asYaml(1),
  'YAML, 100 rules': asYaml(100),
}
type Case = keyof typeof CASES

/** The process tells its own use of the processor as it ends: what else the machine does has no part in that. */
const TELL_CPU =
  "process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stderr.write('cpu%20'+(user+system)/1000)})"

interface Cost {
  readonly wall: number
  readonly cpu: number
}

async function costOf(name: Case): Promise<Cost> {
  const { env, ...run } = CASES[name]
  const withTell = { ...run, env: { ...env, NODE_OPTIONS: `--import=data:text/javascript,${TELL_CPU}` } }
  const { exitCode, stdout, stderr, durationMs } = await runBundle('validate-secrets', withTell)
  if (exitCode !== 0) throw new Error(`${name} did not pass:\n${stdout}`)
  return { wall: durationMs, cpu: Number(/cpu (\S+)/.exec(stderr)?.[1]) }
}

const rounds = Number(process.argv[2] ?? 25)
const costs = new Map<Case, Cost[]>(Object.keys(CASES).map(name => [name as Case, []]))
// The cases take turns, so that what else the machine does hits all of them alike; the first round warms the disk's cache.
for (let round = 0; round <= rounds; round++) {
  for (const [name, list] of costs) {
    const cost = await costOf(name)
    if (round > 0) list.push(cost)
  }
}
const of = (name: Case, kind: keyof Cost) => median((costs.get(name) ?? []).map(cost => cost[kind]))
const ms = (number: number) => `${number.toFixed(1).padStart(6)} ms`
for (const name of costs.keys())
  console.log(`${name.padEnd(16)} cpu ${ms(of(name, 'cpu'))}, wall ${ms(of(name, 'wall'))}`)
function tell(what: string, more: Case, less: Case): void {
  console.log(`${what}: cpu ${ms(of(more, 'cpu') - of(less, 'cpu'))}, wall ${ms(of(more, 'wall') - of(less, 'wall'))}`)
}
tell('99 rules more, as a list', 'list, 100 rules', 'list, 1 rule')
tell('99 rules more, as YAML', 'YAML, 100 rules', 'YAML, 1 rule')
tell('100 rules as YAML against one as a list', 'YAML, 100 rules', 'list, 1 rule')
