/** What JSX is made of: the build puts this into every module. */

export { Fragment, h } from "preact";
