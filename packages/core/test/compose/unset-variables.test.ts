import { otherWarnings, unsetVariables } from '@deploy-actions/core/compose/unset-variables'
import { describe, expect, it } from '@jest/globals'

/** In the words of Compose 2.26.1 and 5.5.1. */
const warning = (name: string) =>
  `time="2026-01-01T00:00:00Z" level=warning msg="The \\"${name}\\" variable is not set. Defaulting to a blank string."`
const other = 'time="2026-01-01T00:00:00Z" level=warning msg="compose.yaml: `version` is obsolete"'

const text = `services:
  web:
    user: "\${UID}:\${GID:-}"
    environment: { PASSWORD: $DB_PASSWORD, OTHER: "\${DB_PASSWORD_FILE}" }
  db:
    environment: ["POSTGRES_PASSWORD=\${DB_PASSWORD}"]
`

describe('unsetVariables', () => {
  it('names each variable once, with the services that use it', () => {
    const warnings = [warning('UID'), warning('DB_PASSWORD'), warning('DB_PASSWORD'), other]
    expect(unsetVariables(warnings, [text])).toEqual({
      variables: [
        { name: 'DB_PASSWORD', services: ['db', 'web'] },
        { name: 'UID', services: ['web'] },
      ],
      isInEnv: false,
    })
  })

  it('names no service where the file cannot be read as YAML', () => {
    expect(unsetVariables([warning('UID')], ['a: ${UID}\n b: [']).variables).toEqual([{ name: 'UID', services: [] }])
  })

  it('does not name what no compose file uses: it is the rest of a value in .env', () => {
    expect(unsetVariables([warning('ecret9')], [text])).toEqual({ variables: [], isInEnv: true })
  })

  it('finds none without a warning', () => {
    expect(unsetVariables([other], [text])).toEqual({ variables: [], isInEnv: false })
  })
})

describe('otherWarnings', () => {
  it('are those of everything else, each once', () => {
    expect(otherWarnings([warning('UID'), other, other])).toEqual([other])
  })
})
