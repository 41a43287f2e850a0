import { canBeSecretName, isSecretName } from '@deploy-actions/core/values/secret-name'
import { describe, expect, it } from '@jest/globals'

describe('isSecretName', () => {
  it.each([
    'PASSWORD',
    'DB_PASSWORD',
    'token',
    'API_KEY',
    'apiKey',
    'x-api-key',
    'JWT_SECRET_KEY',
    'DSN',
    'GITHUB_TOKEN',
    'APP_ENCRYPTION_KEY_B64',
    'Authorization',
    'auth-cookies',
    'DEPLOY_WEBHOOK',
  ])('takes %s for the name of a secret', name => {
    expect(isSecretName(name)).toBe(true)
    expect(canBeSecretName(name)).toBe(true)
  })

  it.each(['GITHUB_SHA', 'APP_HOST', 'KEYCLOAK_HOST', 'AUTH_URL', 'HEALTH_URL', 'VERSION', 'PASSENGER_PORT', 'MONKEY'])(
    'takes %s for none',
    name => {
      expect(isSecretName(name)).toBe(false)
    },
  )
})

describe('canBeSecretName', () => {
  it.each(['KEYCLOAK_HOST', 'AUTH_URL', 'SESSION', 'ADMIN_PIN', 'DATABASE_URL_RO'])('takes %s too', name => {
    expect(canBeSecretName(name)).toBe(true)
  })

  it.each(['GITHUB_SHA', 'APP_HOST', 'VERSION', 'PORT'])('takes %s for none', name => {
    expect(canBeSecretName(name)).toBe(false)
  })
})
