import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { FakeDiscord } from '@deploy-actions/testkit/discord/server'
import { JobRun } from '@deploy-actions/testkit/run-job'
import { expect, it } from '@jest/globals'

const SETS_OUTPUT = `if (process.argv[1].endsWith('post.cjs'))
  require('node:fs').appendFileSync(process.env.GITHUB_OUTPUT, 'result=edited\\n')
`

it('refuses outputs of a post part, which GitHub drops', async () => {
  using job = new JobRun()
  const folder = mkdtempSync(path.join(tmpdir(), 'preload-'))
  try {
    writeFileSync(path.join(folder, 'first.cjs'), SETS_OUTPUT)
    await job.step('discord-notify', { env: { NODE_OPTIONS: `--require ${path.join(folder, 'first.cjs')}` } })
    await expect(job.end()).rejects.toThrow(/post part of discord-notify sets outputs/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('kills a post part that takes too long, and counts that as a failure for the next one', async () => {
  await using discord = await FakeDiscord.start()
  using job = new JobRun()
  const seen: string[] = []
  const note = async (_: unknown, status: string) => seen.push(status) > 0
  await job.ownStep({ main: async () => true, post: note })
  const webhook = discord.addWebhook().url
  await job.step('discord-notify', { inputs: () => ({ webhook, 'api-base': discord.url, follow: 'job' }) })
  await job.ownStep({ main: async () => true, post: note })
  discord.script({ kind: 'hang' })
  const [post] = await job.end({ killPostAfter: 1_000 })
  expect(post?.signal).toBe('SIGKILL')
  expect(seen).toEqual(['success', 'failure'])
})
