"""The networks of OKter Gate: weights, and the training that makes them."""
