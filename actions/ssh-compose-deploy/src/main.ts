import { runAction } from '@deploy-actions/core/runner/run-action'

await runAction(async () => {})
