/** Runs the main function of a command; what it throws is told without a stack, and fails the command. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown)
    process.exitCode = 1
  }
}
