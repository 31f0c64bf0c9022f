/** Launchers of two origins, to embed and to open `/launch`, and to get what it returns. */
export const launcherOrigins = (): Promise<readonly string[]> => Promise.resolve([]);
