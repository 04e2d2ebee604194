export { directory } from "./directory.ts";
export { DirectoryError } from "./directory-error.ts";
