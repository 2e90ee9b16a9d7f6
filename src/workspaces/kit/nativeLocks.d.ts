declare module 'fs-native-extensions' {
  /**
   * Locks a range of an open file, shared or exclusive; returns false where another open file holds a conflicting
   * lock.
   */
  export function tryLock(
    fd: number,
    offset: number,
    length: number,
    options: { readonly shared: boolean },
  ): boolean
}
