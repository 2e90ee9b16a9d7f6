import { jsx as draw, jsxs as drawList } from 'react/jsx-runtime'
import { visibleProps } from './visibleProps.ts'

export { Fragment } from 'react/jsx-runtime'

/** As React's, with invisible characters in rendered text escaped. */
export const jsx: typeof draw = (type, props, key) => draw(type, visibleProps(type, props as never), key)

/** As React's, with invisible characters in rendered text escaped. */
export const jsxs: typeof drawList = (type, props, key) =>
  drawList(type, visibleProps(type, props as never), key)
