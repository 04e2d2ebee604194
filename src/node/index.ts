export { DirectoryError } from "./directory-error.ts";
