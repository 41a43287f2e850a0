import { createServer } from 'node:http'
import type { Deployed } from '@deploy-actions/testkit/coolify/job'
import type { AppOptions } from '@deploy-actions/testkit/coolify/resources'
import { FakeCoolify, type FakeCoolifyOptions } from '@deploy-actions/testkit/coolify/server'
import { listen } from '@deploy-actions/testkit/loopback-server'
import { type BundleResult, type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { expect } from '@jest/globals'

/** Short times, so that tests end soon. */
export const QUICK = {
  'poll-interval': '60ms',
  'health-timeout': '5s',
  'stable-for': '200ms',
  'health-attempts': '3',
  'health-interval': '50ms',
}

export interface CoolifyWorld extends AsyncDisposable {
  readonly coolify: FakeCoolify
  readonly token: string
  /** Runs the action for the uuid `a1` unless the inputs set something else; fails the test when a secret shows up anywhere. */
  deploy(inputs?: Readonly<Record<string, string>>, run?: BundleRun): Promise<BundleResult>
  /** The requests that change something: `POST /deploy`. */
  changes(): string[]
}

export type Apps = readonly AppOptions[]

export async function world(apps: Apps = [{}], options: Omit<FakeCoolifyOptions, 'apps'> = {}): Promise<CoolifyWorld> {
  const named = apps.map((app, index) => ({ uuid: `a${index + 1}`, name: 'shop', ...app }))
  const coolify = await FakeCoolify.start({ rateLimit: 10_000, ...options, apps: named })
  const token = coolify.token('deploy', 'read', 'write')
  const deploy = async (inputs: Readonly<Record<string, string>> = {}, run: BundleRun = {}) => {
    const isPlaced = ['webhook', 'uuid', 'coolify-tag', 'coolify-url'].some(name => name in inputs)
    const place: Record<string, string> =
      isPlaced && !('uuid' in inputs || 'coolify-tag' in inputs) ? {} : { 'coolify-url': coolify.url }
    const what: Record<string, string> = isPlaced ? {} : { uuid: 'a1' }
    const given = { ...QUICK, token, ...place, ...what, ...inputs }
    const result = await runBundle('coolify-deploy', { ...run, inputs: given })
    expectNoSecrets(result, [coolify.secret, ...coolify.instance.tokens.map(known => known.token)])
    return result
  }
  const changes = () =>
    coolify.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)
  return { coolify, token, deploy, changes, [Symbol.asyncDispose]: () => coolify[Symbol.asyncDispose]() }
}

/** Not in what is shown, nor handed on, nor in the raw output but for the commands that ask to mask. */
export function expectNoSecrets(result: BundleResult, secrets: readonly string[]): void {
  const raw = result.stdout.replaceAll(/^::add-mask::.*$/gm, '')
  const handedOn = JSON.stringify([result.outputs, result.state, result.env, result.annotations])
  const shown = [raw, result.stderr, result.summary, handedOn]
  for (const text of shown) {
    for (const secret of secrets) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(secret.split('|').at(-1))
      expect(text).not.toContain(Buffer.from(secret).toString('base64'))
    }
  }
}

/** A real application that answers for what Coolify has put in place: badly for the tags that are unhealthy. */
export interface RunningApp extends AsyncDisposable {
  readonly url: string
  readonly asked: string[]
  readonly onDeployed: (deployed: Deployed) => void
}

export async function runningApp(unhealthyTags: readonly string[] = [], first = '1.0.0'): Promise<RunningApp> {
  let tag = first
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.url} of ${tag}`)
    response.writeHead(unhealthyTags.includes(tag) ? 500 : 200).end(tag)
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    onDeployed: deployed => {
      tag = deployed.tag
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export const messageOf = (result: BundleResult): string => result.annotations.map(({ message }) => message).join('\n')
