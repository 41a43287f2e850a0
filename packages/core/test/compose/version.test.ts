import { checkCompose, parseComposeVersion } from '@deploy-actions/core/compose/version'
import { describe, expect, it } from '@jest/globals'

describe('parseComposeVersion', () => {
  it.each([
    ['2.26.1-4\n', { major: 2, minor: 26 }],
    ['v2.17.0', { major: 2, minor: 17 }],
    ['2.24.6+ds1-0ubuntu1~22.04.1', { major: 2, minor: 24 }],
    ['5.5.1', { major: 5, minor: 5 }],
    ['Docker Compose version v2.3.3', { major: 2, minor: 3 }],
    ['WARNING: Error loading config file: permission denied\n2.26.1', { major: 2, minor: 26 }],
    ['dev', 'unnumbered'],
    ["docker: 'compose' is not a docker command.\nSee 'docker --help'", undefined],
    ['docker-compose version 1.29.2, build 5becea4c', undefined],
    ['', undefined],
  ])('reads %j', (text, version) => {
    expect(parseComposeVersion(text)).toStrictEqual(version)
  })
})

describe('checkCompose', () => {
  const missing = "docker: 'compose' is not a docker command.\nSee 'docker --help'"

  it.each([
    ['2.17.0', ''],
    ['2.26.1-4', 'docker-compose version 1.29.2, build 5becea4c'],
    ['v5.5.1', ''],
    ['dev', ''],
  ])('takes %s', (plugin, python) => {
    expect(checkCompose({ plugin, python })).toBeUndefined()
  })

  it.each([
    ['2.12.2', '', 'is 2.12.2, but 2.17 or newer is needed'],
    ['v2.16.0', '', 'is v2.16.0, but 2.17'],
    ['1.29.2', '', 'is 1.29.2, but 2.17'],
    [
      missing,
      'docker-compose version 1.29.2, build 5becea4c\ndocker-py version: 5.0.0',
      'only docker-compose 1.29.2, the Python',
    ],
    [missing, 'Docker Compose version v2.20.0', 'not as a plugin'],
    [missing, '', 'is missing'],
    ['docker: unknown command: docker compose', '', 'is missing'],
    ['unknown flag: --short', '', 'is missing'],
  ])('refuses %j with %j', (plugin, python, complaint) => {
    expect(checkCompose({ plugin, python })).toContain(complaint)
    expect(checkCompose({ plugin, python })).toContain('docker-compose-plugin')
  })
})
