// The settings' menu lies in one line on phones: the page that is open stands in sight.

document.querySelector(".settings > nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
