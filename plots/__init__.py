"""Statistical pictures: for each a function that returns what is drawn, and one that draws it with matplotlib."""
