import { appendSummary } from '@deploy-actions/core/runner/summary'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

let written: string
beforeEach(() => {
  written = ''
  jest.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    written += String(chunk)
    return true
  })
})
afterEach(() => {
  jest.restoreAllMocks()
})

describe('appendSummary', () => {
  it('has the summary in the log too where the server shows none', async () => {
    await appendSummary('### Tags\n\n::error::x\n', { GITEA_ACTIONS: 'true' })
    expect(written).toBe('::group::Job summary\n### Tags\n\n\u200b::error::x\n::endgroup::\n')
  })

  it('keeps it out of the log of GitHub', async () => {
    await appendSummary('### Tags', {})
    expect(written).toBe('')
  })
})
