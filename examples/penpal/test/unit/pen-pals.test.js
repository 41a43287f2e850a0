import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { matches } from '../../src/pen-pals.js'

describe('matches', () => {
  it('pairs those who can teach each other', () => {
    assert.deepEqual(matches({ speaks: ['ja'], learns: ['fr'] }), ['Camille'])
    assert.deepEqual(matches({ speaks: ['fr'], learns: ['ja', 'de'] }), ['Aiko', 'Jonas'])
  })

  it('puts those first who have more in common', () => {
    const penPals = [
      { name: 'one', speaks: ['it'], learns: ['fr'] },
      { name: 'two', speaks: ['it', 'es'], learns: ['fr'] },
    ]
    assert.deepEqual(matches({ speaks: ['fr'], learns: ['it', 'es'] }, penPals), ['two', 'one'])
  })

  it('pairs nobody who could only teach or only learn', () => {
    assert.deepEqual(matches({ speaks: ['en'], learns: ['fr'] }), [])
  })
})
