import { markdownTable } from '@deploy-actions/core/report/table'
import { describe, expect, it } from '@jest/globals'

describe('markdownTable', () => {
  it('keeps every cell in its place', () => {
    expect(markdownTable(['a', 'b'], [['x|y', '<b>\nz']])).toBe('| a | b |\n| --- | --- |\n| x\\|y | &lt;b><br>z |')
  })
})
