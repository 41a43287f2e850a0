import { stepsShown } from '@deploy-actions/build/shown-steps'
import { expect, it } from '@jest/globals'
import { read } from './read-inputs.ts'

const WEBHOOK = 'https://coolify.example.org/api/v1/deploy?uuid=vgsco4o&force=false'

/** What the runner puts in place of an expression, by its beginning. */
const VALUES: readonly (readonly [start: string, value: string])[] = [
  ['secrets.COOLIFY_API_TOKEN', '1|abcdefgh'],
  ['secrets.COOLIFY_TOKEN', '1|abcdefgh'],
  ['secrets.COOLIFY_', WEBHOOK],
  ["inputs.tag && 'rollback'", 'deploy'],
  ["inputs.tag && 'none'", 'job'],
  ['steps.target.outputs.tag', ''],
  ['inputs.environment', 'production'],
  ['inputs.tag', ''],
  ['inputs.to', 'previous'],
  ['env.HEALTH_PATH', '/health'],
]

function evaluated(text: string): string {
  return text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
    return VALUES.find(([start]) => expression.startsWith(start))?.[1] ?? 'sha-4f1c2ad'
  })
}

it('the steps that documents and examples show have inputs that the action accepts', () => {
  const steps = stepsShown('coolify-deploy')
  expect(steps.length).toBeGreaterThan(4)
  // A step that shows only what it is about leaves out where it leads.
  const whole = steps.filter(({ inputs }) => 'token' in inputs)
  expect(whole.length).toBeGreaterThan(3)
  for (const { inputs } of whole) {
    const given = Object.entries(inputs).map(([name, value]) => [name, evaluated(String(value))])
    expect(() => read(Object.fromEntries(given))).not.toThrow()
  }
})
