module pepperpy.ai/network

go 1.19
