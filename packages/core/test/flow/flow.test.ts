import { mapLimit } from '@deploy-actions/core/flow/limit'
import { pollUntil } from '@deploy-actions/core/flow/poll'
import { retry } from '@deploy-actions/core/flow/retry'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it } from '@jest/globals'

describe('retry', () => {
  const options = { attempts: 4, firstDelay: 100, longestDelay: 250, isWorthRetrying: () => true }

  it('doubles its pauses up to the longest and returns the first success', async () => {
    const clock = new ManualClock()
    const result = await retry(
      async number => {
        if (number < 4) throw new Error(`try ${number}`)
        return number
      },
      options,
      clock,
    )
    expect(result).toBe(4)
    expect(clock.sleeps).toEqual([100, 200, 250])
  })

  it('throws the last error when the attempts are used up', async () => {
    const failing = retry(number => Promise.reject(new Error(`try ${number}`)), options, new ManualClock())
    await expect(failing).rejects.toThrow('try 4')
  })

  it('does not repeat what is not worth it', async () => {
    const clock = new ManualClock()
    const failing = retry(() => Promise.reject(new Error('no')), { ...options, isWorthRetrying: () => false }, clock)
    await expect(failing).rejects.toThrow('no')
    expect(clock.sleeps).toEqual([])
  })
})

describe('pollUntil', () => {
  it('ends with the first accepted look', async () => {
    let looks = 0
    const clock = new ManualClock()
    const outcome = await pollUntil(
      async () => ++looks,
      seen => seen === 3,
      { interval: 50, timeout: 1_000 },
      clock,
    )
    expect(outcome).toEqual({ seen: 3, accepted: true })
    expect(clock.sleeps).toEqual([50, 50])
  })

  it('looks once more at the very deadline, then gives up', async () => {
    const clock = new ManualClock()
    const outcome = await pollUntil(
      async () => 'never',
      () => false,
      { interval: 40, timeout: 100 },
      clock,
    )
    expect(outcome.accepted).toBe(false)
    expect(clock.sleeps).toEqual([40, 40, 20])
  })
})

describe('mapLimit', () => {
  it('keeps the order and never exceeds the limit', async () => {
    let [now, most] = [0, 0]
    const results = await mapLimit([5, 1, 4, 2, 3], 2, async item => {
      most = Math.max(most, ++now)
      await new Promise(resolve => setTimeout(resolve, item))
      now -= 1
      return item * 10
    })
    expect(results).toEqual([50, 10, 40, 20, 30])
    expect(most).toBe(2)
  })

  it('starts nothing new after an error, and throws it', async () => {
    const started: number[] = []
    const failing = mapLimit([1, 2, 3], 1, async item => {
      started.push(item)
      if (item === 2) throw new Error('two')
    })
    await expect(failing).rejects.toThrow('two')
    expect(started).toEqual([1, 2])
  })
})
