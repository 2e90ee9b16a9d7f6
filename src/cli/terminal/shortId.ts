/** An id of this project's, whole: a prefix, and 26 characters of which the last sixteen or so are random. */
const WHOLE_ID = /\b[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g

/** How many characters of an id's end are shown: 35 random bits, so that two of 10,000 runs share them once in 700 boards. */
const SHOWN = 7

/** The fewest characters of an id's end that a person may type. */
const MIN_TYPED = 4

/** The text with each whole id in it replaced by its end, as a person reads it. */
export function shortenIds(text: string): string {
  return text.replaceAll(WHOLE_ID, (id) => id.slice(-SHOWN))
}

/** Whether a person may have typed this as the end of an id. */
export function isShortId(text: string): boolean {
  return text.length >= MIN_TYPED && /^[0-9a-hjkmnp-tv-z]{1,26}$/.test(text)
}
