/** What a promise rejects with; fails the test when it does not. */
export const failureOf = async (promise: Promise<unknown>): Promise<{ code?: string; message: string }> => {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error('expected a rejection with an Error');
};
