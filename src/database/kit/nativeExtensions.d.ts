declare module 'fs-native-extensions' {
  /** Acquires an exclusive lock on a range of an open file; false if another open file holds one. */
  export function tryLock(fd: number, offset?: number, length?: number): boolean
}
