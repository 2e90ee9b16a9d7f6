declare module 'fs-native-extensions' {
  /** Takes an exclusive lock on a range of an open file; false where another open file holds one. */
  export function tryLock(fd: number, offset?: number, length?: number): boolean
}
