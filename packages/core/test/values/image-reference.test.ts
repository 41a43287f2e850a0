import {
  formatImageReference,
  isTag,
  normalizeImageReference,
  parseImageReference,
} from '@deploy-actions/core/values/image-reference'
import { describe, expect, it } from '@jest/globals'

const DIGEST = `sha256:${'ab12'.repeat(16)}`

describe('parseImageReference', () => {
  it.each([
    ['nginx', { repository: 'nginx' }],
    ['nginx:1.27-alpine', { repository: 'nginx', tag: '1.27-alpine' }],
    ['acme/shop__web', { repository: 'acme/shop__web' }],
    ['ghcr.io/acme/web:v1', { registry: 'ghcr.io', repository: 'acme/web', tag: 'v1' }],
    ['localhost/web', { registry: 'localhost', repository: 'web' }],
    ['localhost:5000/web', { registry: 'localhost:5000', repository: 'web' }],
    ['registry.lab:5000/a/b:1', { registry: 'registry.lab:5000', repository: 'a/b', tag: '1' }],
    ['[::1]:5000/web', { registry: '[::1]:5000', repository: 'web' }],
    ['REG/web', { registry: 'REG', repository: 'web' }],
    [`web@${DIGEST}`, { repository: 'web', digest: DIGEST }],
    [`r.io:1/web:2@${DIGEST}`, { registry: 'r.io:1', repository: 'web', tag: '2', digest: DIGEST }],
    ['web:5000', { repository: 'web', tag: '5000' }],
  ])('reads %s', (text, reference) => {
    expect(parseImageReference(text)).toStrictEqual(reference)
    expect(formatImageReference(parseImageReference(text))).toBe(text)
  })

  it.each([
    ['', 'is empty'],
    ['nginx latest', 'white space'],
    ['https://ghcr.io/acme/web', 'write it without https://'],
    ['ghcr.io/Acme/web', 'write "acme/web"'],
    ['ghcr.io//web', 'was a variable not set'],
    ['ghcr.io/', 'names no repository'],
    ['web:', 'tag is empty: was a variable not set'],
    ['web:-1', 'tag "-1" is none'],
    ['web:a/b:c', 'registry "web:a" is not a host name'],
    [`web:${'a'.repeat(129)}`, 'longer than 128'],
    ['web@sha256:12', 'digest "sha256:12" is none'],
    [DIGEST, "an image's ID"],
    ['a_-b', 'part "a_-b" is none'],
    ['-x.io/web', 'registry "-x.io" is not a host name'],
    ['a'.repeat(256), 'more than 255'],
  ])('refuses "%s"', (text, complaint) => {
    expect(() => parseImageReference(text)).toThrow(complaint)
  })
})

describe('normalizeImageReference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['docker.io/nginx:1', 'docker.io/library/nginx:1'],
    ['index.docker.io/acme/web', 'docker.io/acme/web:latest'],
    ['acme/web:2', 'docker.io/acme/web:2'],
    [`ghcr.io/web@${DIGEST}`, `ghcr.io/web@${DIGEST}`],
  ])('takes %s for %s', (text, full) => {
    expect(formatImageReference(normalizeImageReference(parseImageReference(text)))).toBe(full)
  })
})

describe('isTag', () => {
  it.each([
    ['v1.2.3', true],
    ['_x', true],
    ['.x', false],
    ['feature/x', false],
    ['', false],
  ])('judges "%s"', (text, verdict) => {
    expect(isTag(text)).toBe(verdict)
  })
})
