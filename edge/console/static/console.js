// Starts everything that keeps the home page fresh. Without scripts the page works all the same, by hand.
import { startAsking } from "./asking.js";
import { startClocks } from "./clocks.js";
import { startPictures } from "./pictures.js";
import { startSound } from "./sound.js";
import { startStream } from "./stream.js";

const page = document.getElementById("page");
const told = { beat: JSON.parse(page.dataset.beat), at: performance.now(), linked: false };
const sound = startSound(document.getElementById("sound"));

startAsking(page, told);
startPictures(page, told);
startClocks(page, told);
startStream(page, told, sound);
