// The page of one finding: j and k lead to the next and the previous one of the list.

import { KEYS } from "./keys.js";

const lead = (rel) => document.querySelector(`#finding a[rel=${rel}]`)?.click();

KEYS.set("j", () => lead("next"));
KEYS.set("k", () => lead("prev"));
