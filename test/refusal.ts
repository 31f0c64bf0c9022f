/** What a promise rejects with; fails the test when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<{ code?: string; message: string }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error('expected a rejection with an Error');
}

/** Why a value is refused, as text; where it is not, says so. */
export async function problemOf(parsed: Promise<unknown>): Promise<string> {
  try {
    await parsed;
  } catch (error) {
    return String(error);
  }
  return 'it was accepted';
}
