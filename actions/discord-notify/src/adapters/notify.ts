import { reasonOf } from '@deploy-actions/core/report/reason'
import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { describeResult } from '@deploy-actions/core/runner/step-result'
import { ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { Secret } from '@deploy-actions/core/values/secret'
import { type Inputs, isBroken, readInputs, readOnError } from '../inputs.ts'
import type { Template } from '../look.ts'

export type OnError = 'warn' | 'fail'

/** Runs a part of the step. Under `warn` what it throws is a warning. */
export async function softened(
  env: Environment,
  signal: AbortSignal,
  work: (onError: OnError) => Promise<void>,
): Promise<void> {
  const onError = readOnError(env)
  try {
    await work(onError)
  } catch (thrown) {
    if (onError === 'fail' || thrown instanceof MissingWebhook || signal.aborted) throw thrown
    const { title, next } =
      thrown instanceof ActionError ? thrown : { title: 'Discord was not notified', next: undefined }
    describeResult({ reason: reasonOf({ title, message: messageOf(thrown) }) })
    runnerLog.warning(`${messageOf(thrown)}${next ? `\n\nNext: ${next}` : ''}`, title)
  }
}

/** Under `warn` a mistake in what a message looks like is logged, and the message goes out without it. */
export async function inputsFrom(
  env: Environment,
  onError: OnError,
  readFile: (path: string) => string,
): Promise<Inputs> {
  const read = new InputReader(env)
  const looks = onError === 'fail' ? read : new InputReader(env)
  maskSecrets([...read.lines('webhook').map(line => new Secret(line)), read.secret('webhook-token')])
  const inputs = readInputs(read, looks, await readTemplate(looks, readFile))
  read.finish()
  // The token alone too: it is what a URL is cut and glued to.
  maskSecrets(inputs.targets.flatMap(target => (isBroken(target) ? [] : [target.webhook.token])))
  if (onError === 'warn')
    for (const problem of looks.problems) runnerLog.warning(`${problem}. The message is sent all the same.`)
  if (inputs.targets.length === 0 && inputs.failsOnMissingWebhook) throw new MissingWebhook()
  return inputs
}

/** The library that reads YAML is loaded only for a template. */
async function readTemplate(looks: InputReader, readFile: (path: string) => string): Promise<Template> {
  const file = looks.text('template')
  if (file === '') return new Map()
  const { parseTemplate } = await import('../template.ts')
  try {
    return await parseTemplate(readFile(file))
  } catch (thrown) {
    if (!(thrown instanceof InvalidValue)) throw thrown
    looks.problem('template', thrown.message)
    return new Map()
  }
}

/** Asked for by `on-missing-webhook: fail`, and so not softened by `on-error: warn`. */
class MissingWebhook extends ActionError {
  constructor() {
    super({
      title: 'No webhook is set',
      message:
        '`webhook` is empty: the secret is not defined, or this run gets no secrets (from a fork, by Dependabot, or an environment that is not named).',
      next: 'Set the secret, or `on-missing-webhook: skip` where runs without secrets are usual.',
    })
  }
}
