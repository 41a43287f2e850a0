import type { Clock } from '@deploy-actions/core/flow/clock'
import { mapLimit } from '@deploy-actions/core/flow/limit'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import type { Verdict } from '../judge.ts'
import type { Problem } from '../problem.ts'
import type { RemoteResult } from '../report/report.ts'
import type { RemoteCheck, RemoteCheckKind, Rules } from '../rules/rule.ts'
import type { RemoteOutcome } from '../run.ts'
import { checkRegistryLogin } from './registry-login.ts'
import { type Finding, failed, type Network, type Operands, type RemoteCheckFunction } from './remote-check.ts'
import { checkGithubToken, checkHttp, checkWebhook } from './tokens.ts'

/** SSH is the heaviest part of the bundle: loaded when a rule asks for it. */
const CHECKS: Readonly<Record<RemoteCheckKind, RemoteCheckFunction>> = {
  'registry-login': checkRegistryLogin,
  webhook: checkWebhook,
  'github-token': checkGithubToken,
  http: checkHttp,
  'ssh-reachable': async (...args) => (await import('./ssh.ts')).checkSshReachable(...args),
  'ssh-host-key': async (...args) => (await import('./ssh.ts')).checkSshHostKey(...args),
  'ssh-login': async (...args) => (await import('./ssh.ts')).checkSshLogin(...args),
}

const AT_ONCE = 4

export interface RemoteSettings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Milliseconds for each check. */
  readonly timeout: number
  readonly signal?: AbortSignal
}

export async function checkRemotely(
  rules: Rules,
  verdicts: readonly Verdict[],
  valueFor: (name: string) => string,
  settings: RemoteSettings,
): Promise<RemoteOutcome> {
  const network: Network = {
    http: createPlainHttpClient({
      env: settings.env,
      clock: settings.clock,
      userAgent: 'deploy-actions/validate-secrets',
    }),
    timeout: settings.timeout,
    now: settings.clock.now(),
    githubApi: settings.env['GITHUB_API_URL'] || 'https://api.github.com',
    ...(settings.signal && { signal: settings.signal }),
  }
  const outcomes = await mapLimit(rules.checks, AT_ONCE, check => runCheck(check, verdicts, valueFor, network))
  return {
    results: outcomes.map(({ result }) => result),
    problems: outcomes.flatMap(({ problem }) => (problem ? [problem] : [])),
  }
}

interface CheckOutcome {
  readonly result: RemoteResult
  readonly problem?: Problem
}

async function runCheck(
  check: RemoteCheck,
  verdicts: readonly Verdict[],
  valueFor: (name: string) => string,
  network: Network,
): Promise<CheckOutcome> {
  const { kind, operands, at } = check
  const names = Object.values(operands).flatMap(operand => ('name' in operand ? [operand.name] : []))
  const unfit = names.filter(name => !isFit(name, verdicts))
  if (unfit.length > 0) {
    const text = `not tried, since ${unfit.map(name => `\`${name}\``).join(', ')} ${unfit.length === 1 ? 'is' : 'are'} missing or wrong`
    return { result: { check: kind, names, outcome: 'skipped', text } }
  }
  const read: Operands = key => {
    const operand = operands[key]
    if (operand === undefined) return ''
    return 'name' in operand ? valueFor(operand.name) : operand.literal
  }
  const finding = await findingOf(CHECKS[kind], read, network)
  const result: RemoteResult = { check: kind, names, outcome: finding.passed ? 'passed' : 'failed', text: finding.text }
  if (finding.passed) return { result }
  const { code, text, hint } = finding
  return {
    result,
    problem: {
      names: names.length === 0 ? [kind] : names,
      code,
      text: `${kind}: ${text}`,
      severity: 'error',
      at,
      ...(hint && { hint }),
    },
  }
}

/** An optional name that is not set leaves nothing to check; one with a problem has been told of already. */
function isFit(name: string, verdicts: readonly Verdict[]): boolean {
  const verdict = verdicts.find(({ rule }) => rule.name === name)
  return verdict?.present === true && !verdict.problems.some(({ severity }) => severity === 'error')
}

/** What is thrown is dropped unread but for a cancelled run: it may quote what was sent. */
async function findingOf(check: RemoteCheckFunction, operands: Operands, network: Network): Promise<Finding> {
  try {
    return await check(operands, network)
  } catch {
    network.signal?.throwIfAborted()
    return failed('unreachable', 'could not be tried, for a reason inside this action')
  }
}
